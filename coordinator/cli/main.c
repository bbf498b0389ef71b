// dbhaul: the operator's command.

#include <locale.h>

#include "common/sock.h"
#include "coordinator/cli/cli.h"

int
main(int argc, char **argv)
{
    setlocale(LC_CTYPE, "C.UTF-8");
    sock_prepare(1);
    return cli_run(argc, argv);
}
