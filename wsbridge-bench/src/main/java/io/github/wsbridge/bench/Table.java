package io.github.wsbridge.bench;

import java.io.PrintStream;

/** Prints the results as tables. */
final class Table {

    private Table() {}

    static void print(Results results, Findings findings, PrintStream out) {
        for (String measurement : results.measurements()) {
            out.printf("%n%s, medians (minimum–maximum)%n", measurement);
            for (String subject : results.subjects(measurement)) {
                StringBuilder line = new StringBuilder();
                for (String metric : results.metrics(measurement, subject)) {
                    double value = results.median(measurement, subject, metric).orElseThrow();
                    line.append(String.format("  %s %s", metric, number(value)));
                    results.range(measurement, subject, metric)
                            .ifPresent(range -> line.append(
                                    String.format(" (%s–%s)", number(range.least()), number(range.most()))));
                }
                out.printf("  %-26s%s%n", subject, line);
            }
        }
        out.printf("%n%-48s %12s  %-10s %s%n", "bar", "measured", "must be", "reached");
        for (Bar bar : findings.bars()) {
            out.printf(
                    "%-48s %12s  %-10s %s%n",
                    bar.name(),
                    number(findings.value(bar)),
                    bar.text(),
                    bar.reached(findings.value(bar)) ? "yes" : "NO");
        }
    }

    /** Formats with three decimal places if they are significant. */
    static String number(double value) {
        return value == Math.rint(value) || Math.abs(value) >= 1_000
                ? String.format("%.0f", value)
                : String.format(Math.abs(value) >= 100 ? "%.1f" : "%.3f", value);
    }
}
