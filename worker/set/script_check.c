#include "worker/set/script_check.h"

static const char check_sums[] =
    "# check_sums STRIPE: of every so many-th file. By openssl where it is installed, which takes "
    "a\n"
    "# fraction of the time; what that does not find right is sha256sum's\n"
    "check_sums() {\n"
    "    wanted=$(sums | awk -v jobs=\"$jobs\" -v stripe=\"$1\" '(NR - 1) % jobs == stripe')\n"
    "    if command -v openssl >/dev/null; then\n"
    "        got=$(printf '%s\\n' \"$wanted\" | awk '{print $2}' |\n"
    "            xargs openssl dgst -sha256 -r 2>/dev/null | sed 's/ \\*/  /')\n"
    "        [ \"$got\" != \"$wanted\" ] || return 0\n"
    "    fi\n"
    "    printf '%s\\n' \"$wanted\" | sha256sum -c -\n"
    "}\n"
    "\n";

static const char check[] = "\n"
                            "notes=$(mktemp -d) || stop 'cannot make a folder for notes'\n"
                            "trap 'rm -rf \"$notes\"' EXIT\n"
                            "tell 'checking the files'\n"
                            "stripe=0\n"
                            "while [ \"$stripe\" -lt \"$jobs\" ] && [ \"$stripe\" -lt %zu ]; do\n"
                            "    check_sums \"$stripe\" >\"$notes/check.$stripe\" 2>&1 ||\n"
                            "        true >\"$notes/damaged\" &\n"
                            "    stripe=$((stripe + 1))\n"
                            "done\n"
                            "wait\n"
                            "if [ -e \"$notes/damaged\" ]; then\n"
                            "    cat \"$notes\"/check.* | grep -v ': OK$' >&2\n"
                            "    stop 'this set is damaged, nothing was loaded'\n"
                            "fi\n"
                            "\n";

static void
print_sums(FILE *file, const struct manifest *manifest)
{
    fputs("sums() {\n    cat <<'END'\n", file);
    for (size_t index = 0; index < manifest->file_count; index++) {
        char hex[DIGEST_HEX_SIZE];
        digest_hex(manifest->files[index].sha256, hex);
        fprintf(file, "%s  %s\n", hex, manifest->files[index].path);
    }
    fputs("END\n}\n\n", file);
}

void
script_check_functions(FILE *file, const struct manifest *manifest)
{
    print_sums(file, manifest);
    fputs(check_sums, file);
}

void
script_check_print(FILE *file, const struct manifest *manifest)
{
    fprintf(file, check, manifest->file_count);
}
