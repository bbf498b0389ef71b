// The operator's command: finds the command that argv names, runs it, and says how it ended.

#pragma once

// Returns the status to exit with (enum in command.h).
int cli_run(int argc, char **argv);
