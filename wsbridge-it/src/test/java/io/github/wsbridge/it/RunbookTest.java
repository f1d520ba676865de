package io.github.wsbridge.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.wsbridge.CloseReason;
import java.io.IOException;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Checks that the runbook has an entry for everything that an operator can meet, and that what it names is there. */
final class RunbookTest {

    private static final Path PROJECT = Path.of("..");
    private static final Pattern METRIC = Pattern.compile("\\bwsbridge_[a-z_]*[a-z]");
    private static final Pattern OPTION = Pattern.compile("`(?:node |device |tunnel )?--([a-z][a-z0-9-]+)");
    private static final Pattern ALERT =
            Pattern.compile("- alert: (\\w+)\n(?:(?! {6}- alert:).*\n)*? *runbook_url: (\\S+)");

    @Test
    void closeCodes_haveEntries() throws Exception {
        String runbook = read("docs/runbook.md");
        Set<String> missing = new TreeSet<>();
        for (Field field : CloseReason.class.getFields()) {
            if (Modifier.isStatic(field.getModifiers()) && field.getType() == int.class) {
                int code = field.getInt(null);
                if (!isEntry(runbook, code)) {
                    missing.add(field.getName() + " " + code);
                }
            }
        }
        assertThat(missing).isEmpty();
    }

    @Test
    void statusesAndCodesOfTheProtocol_haveEntries() throws IOException {
        String protocol = read("docs/protocol.md");
        List<Integer> numbers = new ArrayList<>();
        numbersOfRows(protocol, "## Refusals before the upgrade", "## Close codes", numbers);
        numbersOfRows(protocol, "## Close codes", "## Establishing a bridge", numbers);
        numbersOfRows(protocol, "### Waiting for the bridge", "### What is relayed", numbers);
        numbers.remove(Integer.valueOf(101));
        assertThat(numbers).hasSizeGreaterThan(20);
        String runbook = read("docs/runbook.md");
        assertThat(numbers).allMatch(number -> isEntry(runbook, number));
    }

    @Test
    void alerts_haveEntriesAndNameThem() throws IOException {
        String rules = read("deploy/prometheus/alerts.yml");
        String runbook = read("docs/runbook.md");
        List<MatchResult> alerts = ALERT.matcher(rules).results().toList();
        assertThat(alerts).hasSize(rules.split("- alert: ", -1).length - 1).hasSizeGreaterThan(10);
        for (MatchResult alert : alerts) {
            String name = alert.group(1);
            assertThat(runbook).contains("\n### " + name + "\n");
            assertThat(alert.group(2)).isEqualTo("runbook.html#" + name.toLowerCase(Locale.ROOT));
        }
        // And no entry for an alert that there is no longer.
        Matcher entries = Pattern.compile("(?m)^### (Wsbridge\\w+)$").matcher(runbook);
        assertThat(entries.results().map(entry -> entry.group(1)).toList())
                .containsExactlyInAnyOrderElementsOf(
                        alerts.stream().map(alert -> alert.group(1)).toList());
    }

    @Test
    void metrics_areInTheReference() throws IOException {
        Set<String> known = metrics(read("docs/metrics.md"));
        for (String page : List.of("docs/operations.md", "docs/runbook.md", "docs/troubleshooting.md")) {
            Set<String> unknown = metrics(read(page));
            unknown.removeAll(known);
            unknown.removeIf(name -> known.contains(name.replaceFirst("_(bucket|count|sum)$", "")));
            assertThat(unknown).as(page).isEmpty();
        }
    }

    @Test
    void options_exist() throws IOException {
        String settings = read("docs/configuration.md");
        Set<String> unknown = new TreeSet<>();
        Matcher option = OPTION.matcher(read("docs/runbook.md"));
        while (option.find()) {
            if (!settings.contains("| `" + option.group(1) + "` |")) {
                unknown.add(option.group(1));
            }
        }
        assertThat(unknown).isEmpty();
    }

    /** Returns whether a number has a heading, or is in the first cell of a row. */
    private static boolean isEntry(String runbook, int number) {
        return runbook.contains("\n### " + number + "\n")
                || Pattern.compile("(?m)^\\| (?:\\d{3,4}, )*" + number + "(?:, \\d{3,4})* \\|")
                        .matcher(runbook)
                        .find();
    }

    private static void numbersOfRows(String text, String from, String to, List<Integer> numbers) {
        Pattern.compile("(?m)^\\| (\\d{3,4}) \\|")
                .matcher(text.substring(text.indexOf(from), text.indexOf(to)))
                .results()
                .forEach(row -> numbers.add(Integer.parseInt(row.group(1))));
    }

    private static Set<String> metrics(String text) {
        return METRIC.matcher(text).results().map(MatchResult::group).collect(Collectors.toCollection(TreeSet::new));
    }

    private static String read(String file) throws IOException {
        return Files.readString(PROJECT.resolve(file));
    }
}
