package io.github.wsbridge.distribution;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.marcnuri.helm.Helm;
import com.marcnuri.helm.LintResult;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.github.wsbridge.launcher.SettingsCheck;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The Helm chart, and deploy/kubernetes, which is what it renders; {@code -Dwsbridge.write=true} writes that. */
final class ChartTest {

    private static final Path RENDERED = Path.of("..", "deploy", "kubernetes", "wsbridge.yaml");
    private static final Map<String, Object> NOTHING_ELSE = Map.of();
    private static final Map<String, Object> EVERYTHING = Map.of(
            "gateway.enabled",
            true,
            "autoscaling.enabled",
            true,
            "serviceMonitor.enabled",
            true,
            "preStopSleepSeconds",
            5,
            "graceSeconds",
            600,
            "config.max-bridges",
            20000);

    @Test
    void lint_strict_findsNothing() {
        LintResult result = new Helm(Chart.FOLDER).lint().strict().call();
        assertThat(result.isFailed()).as(result.getMessages().toString()).isFalse();
    }

    @Test
    void rendered_isWhatTheChartSays() throws Exception {
        String now = "# Made from deploy/helm/wsbridge with its default values: ChartTest writes it.\n"
                + Chart.render(NOTHING_ELSE).strip() + "\n";
        if (Boolean.getBoolean("wsbridge.write")) {
            Files.writeString(RENDERED, now);
        }
        assertThat(Files.readString(RENDERED)).isEqualTo(now);
    }

    @Test
    void objects_withEverythingOn_areThoseOfKubernetes() throws Exception {
        List<String> kinds = new ArrayList<>();
        for (JsonNode document : Chart.documents(Chart.render(EVERYTHING))) {
            String kind = document.path("kind").asText();
            kinds.add(kind);
            assertThat(document.at("/metadata/namespace").asText()).as(kind).isEqualTo("wsbridge");
            if (kind.equals("ServiceMonitor")) { // not of Kubernetes itself
                assertThat(document.at("/spec/endpoints/0/authorization/credentials/key")
                                .asText())
                        .isEqualTo("management-key");
            } else {
                assertThat(Chart.model(document)).isNotNull();
            }
        }
        assertThat(kinds)
                .containsExactlyInAnyOrder(
                        "ConfigMap",
                        "Deployment",
                        "HTTPRoute",
                        "HorizontalPodAutoscaler",
                        "Ingress",
                        "NetworkPolicy",
                        "PodDisruptionBudget",
                        "Service",
                        "Service",
                        "ServiceAccount",
                        "ServiceMonitor");
    }

    @Test
    void model_unknownField_isRefused() throws Exception {
        JsonNode wrong = Chart.documents("{apiVersion: v1, kind: Service, spec: {prots: []}}")
                .get(0);
        assertThatThrownBy(() -> Chart.model(wrong)).hasMessageContaining("prots");
    }

    @Test
    void values_unknownOrWrong_areRefused() {
        assertThatThrownBy(() -> Chart.render(Map.of("replica", 3))).hasMessageContaining("replica");
        assertThatThrownBy(() -> Chart.render(Map.of("publicUrl", "https://bridge.example.com")))
                .hasMessageContaining("publicUrl");
        assertThatThrownBy(() -> Chart.render(Map.of("config.grace", "10m"))).hasMessageContaining("grace");
    }

    /** The nodes themselves check the settings that the chart gives to them, file and arguments. */
    @Test
    void settings_areThoseOfANode(@TempDir Path folder) throws Exception {
        assertThat(settings(EVERYTHING, "10.0.3.7", folder))
                .contains(
                        "max-bridges=20000 (file)",
                        "grace=600s (file)",
                        "peers-dns=wsbridge-peers.wsbridge.svc:8081 (file)",
                        "address=ws://10.0.3.7:8081 (command line)");
    }

    @Test
    void settings_withIpv6_haveBrackets(@TempDir Path folder) throws Exception {
        assertThat(settings(Map.of("ipFamily", "IPv6"), "fd00::7", folder))
                .contains("listen=[::]:8080 (file)", "address=ws://[fd00::7]:8081 (command line)");
    }

    private static String settings(Map<String, Object> values, String address, Path folder) throws Exception {
        String yaml = Chart.render(values);
        Path file = folder.resolve("node.properties");
        Files.writeString(file, Chart.only(yaml, ConfigMap.class).getData().get("node.properties"));
        List<String> command = new ArrayList<>();
        for (String argument : node(yaml).getArgs()) {
            command.add(argument.startsWith("--config=") ? "--config=" + file : argument.replace("$(POD_IP)", address));
        }
        return SettingsCheck.run(Map.of(), command.toArray(String[]::new));
    }

    @Test
    void pods_areConfined_andStopInTime() throws Exception {
        String yaml = Chart.render(EVERYTHING);
        Deployment deployment = Chart.only(yaml, Deployment.class);
        var pod = deployment.getSpec().getTemplate().getSpec();
        assertThat(deployment.getSpec().getReplicas())
                .as("the autoscaler decides")
                .isNull();
        assertThat(pod.getTerminationGracePeriodSeconds()).isEqualTo(600 + 5 + 24);
        assertThat(pod.getSecurityContext().getRunAsNonRoot()).isTrue();
        assertThat(pod.getAutomountServiceAccountToken()).isFalse();
        Container node = node(yaml);
        assertThat(node.getSecurityContext().getReadOnlyRootFilesystem()).isTrue();
        assertThat(node.getSecurityContext().getCapabilities().getDrop()).containsExactly("ALL");
        assertThat(node.getLifecycle().getPreStop().getExec().getCommand()).containsExactly("sleep", "5");
        assertThat(node(Chart.render(NOTHING_ELSE)).getLifecycle()).isNull();
    }

    private static Container node(String yaml) throws Exception {
        return Chart.only(yaml, Deployment.class)
                .getSpec()
                .getTemplate()
                .getSpec()
                .getContainers()
                .get(0);
    }
}
