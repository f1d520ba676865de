package io.github.wsbridge.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.wsbridge.testkit.LogCapture;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A configuration file that changes while a node runs. */
final class LiveSettingsTest {

    private static final String FIXED = """
            insecure: true
            listen: 127.0.0.1:0
            management-listen: 127.0.0.1:0
            """;

    private static String status(Run node) throws Exception {
        Matcher said = Pattern.compile("management on ([^\\s,]+)").matcher(node.ready());
        assertThat(said.find()).isTrue();
        return HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(URI.create(said.group(1) + "/status"))
                                .timeout(Run.PATIENCE)
                                .build(),
                        HttpResponse.BodyHandlers.ofString())
                .body();
    }

    @Test
    void limits_changeAtOnceOnHangup_orSoon_othersNeedARestart(@TempDir Path folder) throws Exception {
        Path file = Files.writeString(folder.resolve("node.yaml"), FIXED + "max-bridges: 5\nmax-listeners: 6\n");
        try (LogCapture log = new LogCapture();
                Run node = Run.with(
                        Map.of("WSBRIDGE_CONFIG", file.toString()), "node", "--max-listeners", "66", "--grace=1s")) {
            assertThat(status(node)).contains("\"bridges\":5", "\"listeners\":66");

            Files.writeString(file, FIXED + "max: {bridges: 7, listeners: 8}\naccept-timeout: 9s\n");
            node.hangUp();
            assertThat(status(node))
                    .as("the command line takes precedence")
                    .contains("\"bridges\":7", "\"listeners\":66", "\"acceptTimeoutSeconds\":30");
            assertThat(log.loud())
                    .singleElement()
                    .asString()
                    .endsWith("these settings have changed, too, but need a restart: accept-timeout");
            assertThat(log.all()).anyMatch(line -> line.endsWith("these settings have changed: max-bridges"));

            Files.writeString(file, FIXED + "max-bridges: none\n");
            node.hangUp();
            assertThat(log.loud()).last().asString().contains("the old content stays in force", "none");
            assertThat(status(node)).contains("\"bridges\":7");

            Files.writeString(file, FIXED + "max-bridges: 9\n");
            Awaitility.await().atMost(Run.PATIENCE).until(() -> status(node).contains("\"bridges\":9"));
        }
    }
}
