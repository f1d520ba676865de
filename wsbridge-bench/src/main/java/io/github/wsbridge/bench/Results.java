package io.github.wsbridge.bench;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.DoubleSummaryStatistics;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.DoubleStream;

/** All measurements, by round. */
final class Results {

    static final String GBIT = "gbit";
    static final String CPU_PER_GB = "cpu-seconds-per-gb";
    static final String GENERATORS_CPU_PER_GB = "generators-cpu-seconds-per-gb";
    static final String RESIDENT = "rss-bytes";
    static final String P50 = "p50-micros";
    static final String P99 = "p99-micros";

    /** The values of one round for one subject. */
    record Round(String measurement, String subject, int number, Map<String, Double> values) {}

    /** The minimum and the maximum. */
    record Range(double least, double most) {}

    private final List<Round> rounds = new ArrayList<>();

    void add(String measurement, String subject, int number, Map<String, Double> values) {
        rounds.add(new Round(measurement, subject, number, new LinkedHashMap<>(values)));
    }

    List<Round> rounds() {
        return List.copyOf(rounds);
    }

    /** Returns the median of a subject's rounds; empty if there are none. */
    OptionalDouble median(String measurement, String subject, String metric) {
        double[] values = values(measurement, subject, metric).sorted().toArray();
        return values.length == 0 ? OptionalDouble.empty() : OptionalDouble.of(median(values));
    }

    /** Returns the minimum and the maximum of a subject's rounds; empty if there is only one, or all are equal. */
    Optional<Range> range(String measurement, String subject, String metric) {
        DoubleSummaryStatistics values = values(measurement, subject, metric).summaryStatistics();
        return values.getCount() == 0 || values.getMin() == values.getMax()
                ? Optional.empty()
                : Optional.of(new Range(values.getMin(), values.getMax()));
    }

    private DoubleStream values(String measurement, String subject, String metric) {
        return rounds.stream()
                .filter(round -> round.measurement().equals(measurement)
                        && round.subject().equals(subject))
                .filter(round -> round.values().containsKey(metric))
                .mapToDouble(round -> round.values().getOrDefault(metric, 0.0));
    }

    /** Returns the median of values in ascending order. */
    private static double median(double[] sorted) {
        int middle = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }

    Set<String> measurements() {
        return rounds.stream().map(Round::measurement).collect(Collectors.toCollection(LinkedHashSet::new));
    }

    Set<String> subjects(String measurement) {
        return rounds.stream()
                .filter(round -> round.measurement().equals(measurement))
                .map(Round::subject)
                .collect(Collectors.toCollection(LinkedHashSet::new));
    }

    /** Returns the metrics of a subject, in the order in which they were measured. */
    Set<String> metrics(String measurement, String subject) {
        return rounds.stream()
                .filter(round -> round.measurement().equals(measurement)
                        && round.subject().equals(subject))
                .flatMap(round -> round.values().keySet().stream())
                .collect(Collectors.toCollection(LinkedHashSet::new));
    }

    /** Returns our median divided by another subject's; empty if either is missing or the other is zero. */
    OptionalDouble ratio(String measurement, String ours, String other, String metric) {
        OptionalDouble mine = median(measurement, ours, metric);
        OptionalDouble theirs = median(measurement, other, metric);
        return mine.isEmpty() || theirs.isEmpty() || theirs.getAsDouble() == 0
                ? OptionalDouble.empty()
                : OptionalDouble.of(mine.getAsDouble() / theirs.getAsDouble());
    }

    /** Returns which of several variants has the highest median; the first if none was measured. */
    String best(String measurement, String metric, String... subjects) {
        return Arrays.stream(subjects)
                .reduce((one, other) -> median(measurement, other, metric).orElse(0)
                                > median(measurement, one, metric).orElse(0)
                        ? other
                        : one)
                .orElseThrow();
    }
}
