package io.github.wsbridge.metrics;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A scrape in Prometheus' text format: https://prometheus.io/docs/instrumenting/exposition_formats. */
record Scrape(Map<String, String> types, Map<String, Set<String>> labels, Map<String, Double> values) {

    private static final Pattern SAMPLE = Pattern.compile("([a-z_]+)(?:\\{(.*)})? (\\S+)");
    private static final Pattern LABEL = Pattern.compile("([a-z_]+)=\"([^\"]*)\"");

    static Scrape parse(String text) {
        Map<String, String> types = new TreeMap<>();
        Map<String, Set<String>> labels = new TreeMap<>();
        Map<String, Double> values = new LinkedHashMap<>();
        for (String line : text.split("\n")) {
            if (line.startsWith("# TYPE ")) {
                String[] words = line.split(" ");
                types.put(words[2], words[3]);
                labels.put(words[2], new TreeSet<>());
                continue;
            }
            Matcher sample = SAMPLE.matcher(line);
            if (!line.startsWith("#") && sample.matches()) {
                String family = types.containsKey(sample.group(1))
                        ? sample.group(1)
                        : sample.group(1).replaceFirst("_(bucket|count|sum)$", "");
                if (sample.group(2) != null) {
                    Matcher label = LABEL.matcher(sample.group(2));
                    while (label.find()) {
                        if (!label.group(1).equals("le")) {
                            labels.get(family).add(label.group(1));
                        }
                    }
                }
                values.put(line.substring(0, line.lastIndexOf(' ')), Double.valueOf(sample.group(3)));
            }
        }
        return new Scrape(types, labels, values);
    }

    /** @param series such as {@code wsbridge_forwards_ended_total{code="1000"}} */
    double value(String series) {
        return values.getOrDefault(series, Double.NaN);
    }
}
