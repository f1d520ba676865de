package io.github.wsbridge.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(180)
class DemoTest {

    @Test
    void once_smallLoad_passesEveryCheck() throws Exception {
        Run run = Run.of("demo", "--once", "--size", "8MiB");
        assertThat(run.code()).as(run.out() + run.err()).isZero();
        assertThat(run.out())
                .contains("the home page of device 1", "All checks passed.", ", direct)")
                .containsPattern("\\+ up +8 MiB")
                .containsPattern("\\+ down +8 MiB")
                .containsPattern("node (\\d) owns it, node (?!\\1)\\d forwards")
                .doesNotContain("Ctrl-C");
    }

    @Test
    void withoutOnce_staysUntilItIsStopped() throws Exception {
        Run run = Run.of("demo", "--size", "1MiB");
        Awaitility.await()
                .atMost(Run.PATIENCE)
                .until(() -> run.ended() || run.out().contains("Ctrl-C"));
        URI page = URI.create(run.out().replaceFirst("(?s).*Open (\\S+) in.*", "$1"));
        HttpResponse<String> answer = HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(page)
                                .timeout(Duration.ofSeconds(30))
                                .build(),
                        HttpResponse.BodyHandlers.ofString());
        assertThat(answer.body()).contains("device-1.localhost");
        assertThat(run.ended()).isFalse();
        assertThat(run.stop().code()).isZero();
    }

    @Test
    void stop_duringTheChecks_endsWith1() throws Exception {
        Run run = Run.of("demo", "--size", "1TiB");
        Awaitility.await()
                .atMost(Run.PATIENCE)
                .until(() -> run.ended()
                        || run.out().contains(", direct)")
                        || run.out().contains("+ page"));
        assertThat(run.stop().code()).isEqualTo(1);
        assertThat(run.err()).contains("stopped before the checks were done");
    }
}
