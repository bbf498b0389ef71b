// restore.sh, a POSIX shell script that restores the set with stock tools alone (sha256sum, and
// mysql or mariadb, or psql). Part of the set's writer. RESTORE.txt is script_text.h's.
//
// Names of objects may hold anything. In the script each stands in single quotes as printable
// ASCII, all else as octal numbers for printf's %b, so nothing in a name is ever the shell's or the
// terminal's; a database to connect to stands as dbname='...' of a connection string, so that psql
// takes no name for a connection string. What is only shown was cleaned (text_clean) before.

#pragma once

#include "worker/set/manifest.h"

// The caller's, to be given to free(). It goes by the manifest's files, their sizes and digests,
// and by what was left out.
char *script_print(const struct manifest *manifest);
