package io.github.wsbridge.metrics;

import com.grack.nanojson.JsonObject;
import com.grack.nanojson.JsonParser;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The files for Prometheus and Grafana in deploy/. */
final class Monitoring {

    static final Path ALERTS = Path.of("..", "deploy", "prometheus", "alerts.yml");
    static final Path ALERTS_TEST = Path.of("..", "deploy", "prometheus", "alerts-test.yml");
    private static final Path DASHBOARD = Path.of("..", "deploy", "grafana", "wsbridge.json");

    private Monitoring() {}

    /** The dashboard's queries, with values in place of Grafana's variables. */
    static List<String> dashboardQueries() throws Exception {
        List<String> queries = new ArrayList<>();
        JsonObject dashboard = JsonParser.object().from(Files.readString(DASHBOARD));
        for (Object panel : dashboard.getArray("panels")) {
            for (Object target : ((JsonObject) panel).getArray("targets")) {
                queries.add(((JsonObject) target)
                        .getString("expr")
                        .replace("$__rate_interval", "5m")
                        .replace("$instance", ".*"));
            }
        }
        return queries;
    }

    /** The expressions of the alert rules, each on the line of its key or indented below it. */
    static List<String> alertQueries() throws Exception {
        List<String> queries = new ArrayList<>();
        Matcher rule = Pattern.compile("(?m)^ {8}expr: (?:\\|\\n((?: {10}.*\\n)+)|(.*)\\n)")
                .matcher(Files.readString(ALERTS));
        while (rule.find()) {
            queries.add(rule.group(1) == null ? rule.group(2) : rule.group(1));
        }
        return queries;
    }
}
