/* Loaded into a command under test (LD_PRELOAD). On SIGUSR2 the thread that gets it tries what a prober has no business
   to do, and what it must still be able to do, and reports the outcome of each as one line:

       TID name=errno name=errno ...        (0: it worked)

   SANDBOX_REPORT names the file for that, opened before the command starts; SANDBOX_DIR a directory with a file `victim`;
   SANDBOX_SERVICE a listening socket; SANDBOX_ABSENT system calls, by number, that this kernel shall seem not to have. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static int report = -1;
static char made[256], victim[256], moved[256], fifo[256];
static struct sockaddr_un service;
static long absent[8];
static int absents;
static long (*real)(long, ...);

/* The C library's function by which the command calls what has no function of its own. */
long syscall(long number, ...)
{
    va_list list;
    long a[6];
    va_start(list, number);
    for (int i = 0; i < 6; i++)
        a[i] = va_arg(list, long);
    va_end(list);
    for (int i = 0; i < absents; i++)
        if (absent[i] == number) {
            errno = ENOSYS;
            return -1;
        }
    if (!real)
        real = (long (*)(long, ...))dlsym(RTLD_NEXT, "syscall");
    return real(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

static char line[2048];
static int used;

static void tell(const char *name, long outcome)
{
    int error = outcome < 0 ? errno : 0;
    if (used < (int)sizeof line - 64)
        used += snprintf(line + used, sizeof line - used, " %s=%d", name, error);
}

static void descriptor(const char *name, int fd)
{
    tell(name, fd);
    if (fd >= 0)
        close(fd);
}

static int started(const char *program)
{
    char *words[] = { (char *)program, 0 }, *none[] = { 0 };
    int status = 0;
    long child = real(SYS_clone, SIGCHLD, 0, 0, 0, 0);
    if (child == 0) {
        execve(program, words, none);
        _exit(errno);
    }
    if (child < 0 || waitpid(child, &status, 0) < 0)
        return -1;
    errno = WIFEXITED(status) ? WEXITSTATUS(status) : EINTR;
    return errno ? -1 : 0;
}

static int in_child(long number, long a, long b, long c)
{
    int status = 0;
    long child = real(SYS_clone, SIGCHLD, 0, 0, 0, 0);
    if (child == 0)
        _exit(real(number, a, b, c, 0, 0) < 0 ? errno : 0);
    if (child < 0 || waitpid(child, &status, 0) < 0)
        return -1;
    errno = WIFEXITED(status) ? WEXITSTATUS(status) : EINTR;
    return errno ? -1 : 0;
}

static void attempts(int signal)
{
    int before = errno;
    (void)signal;
    used = snprintf(line, sizeof line, "%ld", real(SYS_gettid));
    /* Other files. */
    descriptor("create", open(made, O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
    descriptor("overwrite", open(victim, O_WRONLY | O_CLOEXEC));
    descriptor("truncate", open(victim, O_WRONLY | O_TRUNC | O_CLOEXEC));
    tell("rename", rename(victim, moved));
    tell("unlink", unlink(victim));
    tell("fifo", real(SYS_mknodat, AT_FDCWD, fifo, 010644, 0));
    /* Programs. */
    tell("exec", started("/bin/true"));
    tell("ptrace", in_child(SYS_ptrace, 0 /* PTRACE_TRACEME */, 0, 0));
    /* Sockets. */
    descriptor("raw", socket(AF_INET, SOCK_RAW, 1));
    descriptor("raw6", socket(AF_INET6, SOCK_RAW | SOCK_CLOEXEC, 58));
    descriptor("packet", socket(AF_PACKET, SOCK_RAW, 0));
    descriptor("cooked", socket(AF_PACKET, SOCK_DGRAM, 0));
    /* A user namespace gives every capability over a network namespace of its own. */
    tell("unshare", in_child(SYS_unshare, 0x10000000 | 0x40000000, 0, 0));
    tell("keyctl", in_child(SYS_keyctl, 1 /* join a session of its own */, 0, 0));
    tell("uring", real(425, 0L, 0L));
    tell("signal", kill(getppid(), 0));
    /* What must go on. */
    descriptor("read", open("/etc/passwd", O_RDONLY | O_CLOEXEC));
    descriptor("udp", socket(AF_INET, SOCK_DGRAM, 0));
    descriptor("tcp", socket(AF_INET6, SOCK_STREAM | SOCK_NONBLOCK, 0));
    descriptor("netlink", socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, 0));
    int local = socket(AF_UNIX, SOCK_STREAM, 0);
    tell("local", connect(local, (struct sockaddr *)&service, sizeof service));
    if (local >= 0)
        close(local);
    line[used++] = '\n';
    if (write(report, line, used) != used)
        abort();
    errno = before;
}

__attribute__((constructor)) static void begin(void)
{
    const char *to = getenv("SANDBOX_REPORT"), *dir = getenv("SANDBOX_DIR"), *lacks = getenv("SANDBOX_ABSENT");
    const char *local = getenv("SANDBOX_SERVICE");
    struct sigaction action;
    real = (long (*)(long, ...))dlsym(RTLD_NEXT, "syscall");
    for (; lacks && *lacks && absents < 8; lacks += strcspn(lacks, ","), lacks += *lacks == ',')
        absent[absents++] = atol(lacks);
    if (!to || !dir)
        return;
    report = open(to, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    snprintf(made, sizeof made, "%s/made", dir);
    snprintf(victim, sizeof victim, "%s/victim", dir);
    snprintf(moved, sizeof moved, "%s/moved", dir);
    snprintf(fifo, sizeof fifo, "%s/fifo", dir);
    service.sun_family = AF_UNIX;
    snprintf(service.sun_path, sizeof service.sun_path, "%s", local ? local : "");
    memset(&action, 0, sizeof action);
    action.sa_handler = attempts;
    action.sa_flags = SA_RESTART;
    sigaction(SIGUSR2, &action, 0);
}
