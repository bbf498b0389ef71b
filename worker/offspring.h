// Ends the processes that this one has started, wherever in the program that was.
//
// A job's tools are children of classes deep below the task; to cancel, the task needs none of
// them, only the kernel's list of processes. Being a subreaper, it gets what its tools leave behind
// too.

#pragma once

// Makes orphans beneath this process its own children.
void offspring_adopt(void);

// Sends the signal to each child and its process group. Returns how many children there are.
int offspring_signal(int signal);
