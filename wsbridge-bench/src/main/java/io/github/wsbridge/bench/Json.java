package io.github.wsbridge.bench;

import com.grack.nanojson.JsonStringWriter;
import com.grack.nanojson.JsonWriter;
import java.util.Map;

/** Writes the results as JSON. */
final class Json {

    private Json() {}

    static String text(
            Map<String, Object> run,
            Map<String, Object> machine,
            Map<String, String> failed,
            Results results,
            Findings findings) {
        JsonStringWriter json = JsonWriter.indent("  ").string().object();
        json.object("run", run).object("machine", machine).object("failed", failed);
        json.object("ratios", findings.ratios());
        json.object("figures", findings.figures());
        json.array("bars");
        for (Bar bar : findings.bars()) {
            json.object()
                    .value("name", bar.name())
                    .value("value", findings.value(bar))
                    .value("must-be", bar.text())
                    .value("reached", bar.reached(findings.value(bar)))
                    .end();
        }
        json.end().object("medians");
        for (String measurement : results.measurements()) {
            json.object(measurement);
            for (String subject : results.subjects(measurement)) {
                json.object(subject);
                for (String metric : results.metrics(measurement, subject)) {
                    json.value(
                            metric, results.median(measurement, subject, metric).orElseThrow());
                }
                json.end();
            }
            json.end();
        }
        json.end().array("rounds");
        for (Results.Round round : results.rounds()) {
            json.object()
                    .value("measurement", round.measurement())
                    .value("subject", round.subject())
                    .value("round", round.number());
            round.values().forEach(json::value);
            json.end();
        }
        return json.end().end().done() + "\n";
    }
}
