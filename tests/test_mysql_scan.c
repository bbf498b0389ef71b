// What of an inventory is in a dump, read in pieces of every size.

#include "worker/engine/mysql_scan.h"

#include <stdio.h>
#include <string.h>

#include "common/clean.h"
#include "common/memory.h"
#include "tests/check.h"

static const char dump[] =
    "/*M!999999\\- enable the sandbox mode */ \n"
    "-- Current Database: `shop`\n"
    "CREATE DATABASE /*!32312 IF NOT EXISTS*/ `shop` /*!40100 DEFAULT CHARACTER SET utf8mb4 */;\n"
    "\n"
    "USE `shop`;\n"
    "DROP TABLE IF EXISTS `t`;\n"
    "CREATE TABLE `t` (\n"
    "  `id` int(11) NOT NULL,\n"
    "  KEY `x` (`id`)\n"
    ") ENGINE=InnoDB COMMENT='USE `other`;';\n"
    "INSERT INTO `t` VALUES (1,'\\nCREATE TABLE `fake` (\\n'),\n"
    "(2,'USE `other`;');\n"
    "CREATE SEQUENCE `s` start with 1;\n"
    "DELIMITER ;;\n"
    "/*!50003 CREATE*/ /*!50017 DEFINER=`root`@`localhost`*/ /*!50003 TRIGGER tr BEFORE INSERT ON "
    "t FOR EACH ROW BEGIN\n"
    "USE `other`;\n"
    "CREATE TABLE `fake` (\n"
    "END */;;\n"
    "DELIMITER ;\n"
    "/*!50001 CREATE VIEW `v` AS SELECT\n"
    " 1 AS `a`*/;\n"
    "CREATE TABLE `a``b\n"
    "-- c\\! \"` (\n"
    "  `id` int);\n"
    "/*!50106 DROP EVENT IF EXISTS `e` */;\n"
    "DELIMITER ;;\n"
    "/*!50106 CREATE*/ /*!50106 EVENT `e` ON SCHEDULE EVERY 1 DAY DO SELECT 1 */ ;;\n"
    "/*!50106 DROP EVENT IF EXISTS `f` */;;\n"
    "DELIMITER ;;\n"
    "/*!50106 CREATE*/ /*!50106 EVENT `f` ON SCHEDULE EVERY 1 DAY DO SELECT 1 */ ;;\n"
    "DELIMITER ;\n"
    "/*!50003 DROP PROCEDURE IF EXISTS `p` */;\n"
    "/*!50003 DROP PACKAGE BODY IF EXISTS `k` */;\n"
    "USE `line\n"
    "break`;\n"
    "CREATE TABLE `t` (\n"
    "USE `shop`;\n"
    "/*!50001 VIEW `v` AS select 1 AS `a` */;\n"
    "-- Dump completed\n";

struct listed {
    mysql_inventory_t *inventory;
    uint32_t shop, line_break;
};

static struct listed
list(void)
{
    struct listed self = {.inventory = mysql_inventory_new()};
    self.line_break = mysql_inventory_add_schema(self.inventory, "line\nbreak");
    mysql_inventory_add_schema(self.inventory, "other");
    self.shop = mysql_inventory_add_schema(self.inventory, "shop");
    mysql_inventory_add(self.inventory, self.shop, MYSQL_TABLE, "t");
    mysql_inventory_add(self.inventory, self.shop, MYSQL_VIEW, "v");
    mysql_inventory_add(self.inventory, self.shop, MYSQL_SEQUENCE, "s");
    mysql_inventory_add(self.inventory, self.shop, MYSQL_PROCEDURE, "p");
    mysql_inventory_add(self.inventory, self.shop, MYSQL_PACKAGE_BODY, "k");
    mysql_inventory_add(self.inventory, self.shop, MYSQL_EVENT, "e");
    mysql_inventory_add(self.inventory, self.shop, MYSQL_EVENT, "f");
    mysql_inventory_add(self.inventory, self.shop, MYSQL_TABLE, "a`b\n-- c\\! \"");
    mysql_inventory_add(self.inventory, self.line_break, MYSQL_TABLE, "t");
    mysql_inventory_schema(self.inventory, self.shop)->triggers = 1;
    mysql_inventory_sort(self.inventory);
    return self;
}

static void
scan_in_pieces(mysql_inventory_t *inventory, const char *text, size_t piece)
{
    CLEAN(mysql_scan_destroy) mysql_scan_t *scan = mysql_scan_new(inventory);
    size_t size = strlen(text);
    for (size_t at = 0; at < size; at += piece)
        mysql_scan_add(scan, text + at, size - at < piece ? size - at : piece);
}

static void
all_that_is_in_a_dump_is_seen_whatever_the_pieces(void **state)
{
    (void)state;
    static const size_t pieces[] = {1, 2, 3, 7, 64, 1000, sizeof dump};
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
        struct listed listed = list();
        CLEAN(mysql_inventory_destroy) mysql_inventory_t *inventory = listed.inventory;
        scan_in_pieces(inventory, dump, pieces[i]);
        struct error error = {0};
        assert_int_equal(mysql_inventory_check(inventory, 0, 1, &error), 0);
        assert_int_equal(mysql_inventory_check(inventory, listed.shop, 3, &error), 0);
        // Only its name stood in rows, comments and bodies.
        assert_int_equal(mysql_inventory_check(inventory, 0, 3, &error), -1);
        assert_non_null(strstr(error.message, "schema 'other' was listed"));
    }
}

static void
what_only_bodies_and_rows_name_is_not_seen(void **state)
{
    (void)state;
    struct listed listed = list();
    CLEAN(mysql_inventory_destroy) mysql_inventory_t *inventory = listed.inventory;
    mysql_inventory_add(inventory, listed.shop, MYSQL_TABLE, "fake");
    mysql_inventory_sort(inventory);
    scan_in_pieces(inventory, dump, 100);
    struct error error = {0};
    assert_int_equal(mysql_inventory_check(inventory, listed.shop, 3, &error), -1);
    assert_int_equal(error.code, ERROR_UNAVAILABLE);
    assert_non_null(strstr(error.message, "table 'fake' of schema 'shop' was listed"));
}

static void
a_missing_trigger_is_noticed(void **state)
{
    (void)state;
    struct listed listed = list();
    CLEAN(mysql_inventory_destroy) mysql_inventory_t *inventory = listed.inventory;
    mysql_inventory_schema(inventory, listed.shop)->triggers = 2;
    scan_in_pieces(inventory, dump, 100);
    struct error error = {0};
    assert_int_equal(mysql_inventory_check(inventory, listed.shop, 3, &error), -1);
    assert_non_null(strstr(error.message, "listed 2 triggers and the dump has 1"));
}

static void
a_view_that_has_only_its_placeholder_is_missing(void **state)
{
    (void)state;
    struct listed listed = list();
    CLEAN(mysql_inventory_destroy) mysql_inventory_t *inventory = listed.inventory;
    CLEAN(memory_free) char *cut = memory_copy_text(dump);
    *strstr(cut, "/*!50001 VIEW `v`") = '\0';
    scan_in_pieces(inventory, cut, 100);
    struct error error = {0};
    assert_int_equal(mysql_inventory_check(inventory, listed.shop, 3, &error), -1);
    assert_non_null(strstr(error.message, "view 'v' of schema 'shop'"));
}

static void
hostile_lines_do_no_harm(void **state)
{
    (void)state;
    struct listed listed = list();
    CLEAN(mysql_inventory_destroy) mysql_inventory_t *inventory = listed.inventory;
    CLEAN(mysql_scan_destroy) mysql_scan_t *scan = mysql_scan_new(inventory);
    // A name that never ends, longer than any name may be, and then a good line.
    char longer[8192];
    memset(longer, 'x', sizeof longer);
    mysql_scan_add(scan, "USE `", 5);
    mysql_scan_add(scan, longer, sizeof longer);
    mysql_scan_add(scan, "\0\n\n`\n", 5);
    mysql_scan_add(scan, "USE `shop`;\n", 12);
    assert_true(mysql_inventory_schema(inventory, listed.shop)->is_seen);
    mysql_scan_add(scan, "CREATE TABLE `unknown` (\n", 25);
    mysql_scan_add(scan, "USE `nobody`;\nCREATE TABLE `t` (\n", 33);
    struct error error = {0};
    assert_int_equal(mysql_inventory_check(inventory, listed.shop, 3, &error), -1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_that_is_in_a_dump_is_seen_whatever_the_pieces),
        cmocka_unit_test(what_only_bodies_and_rows_name_is_not_seen),
        cmocka_unit_test(a_missing_trigger_is_noticed),
        cmocka_unit_test(a_view_that_has_only_its_placeholder_is_missing),
        cmocka_unit_test(hostile_lines_do_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
