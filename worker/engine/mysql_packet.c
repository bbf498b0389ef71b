#include "worker/engine/mysql_packet.h"

#include <mysql.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

enum { USUAL_SIZE = 1 << 20, LARGE_SIZE = 2 << 20 };

// The buffer stays, but its pages, which hold nothing any more, are new ones when they are written
// the next time. With compression the rest of a packet may be in them; we never ask for that.
void
mysql_packet_let_go(mysql_session_t *session)
{
    const NET *net = &mysql_session_handle(session)->net;
    if (!net->buff || net->compress || net->max_packet <= LARGE_SIZE)
        return;
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    uintptr_t begin = ((uintptr_t)net->buff + USUAL_SIZE) / page * page;
    uintptr_t end = ((uintptr_t)net->buff + net->max_packet) / page * page;
    madvise((void *)begin, end - begin, MADV_DONTNEED);
}
