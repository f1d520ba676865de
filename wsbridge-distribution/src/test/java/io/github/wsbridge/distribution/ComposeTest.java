package io.github.wsbridge.distribution;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.wsbridge.launcher.SettingsCheck;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.yaml.snakeyaml.Yaml;

/** The Compose file. No engine runs it here, but the commands check their settings, and the files it names exist. */
final class ComposeTest {

    private static final Path FOLDER = Path.of("..", "deploy", "compose");

    /** Reads with SnakeYAML itself, because Jackson knows no anchors and merges. */
    private static JsonNode services() throws IOException {
        Map<String, Object> file = new Yaml().load(Files.readString(FOLDER.resolve("compose.yaml")));
        return new ObjectMapper().valueToTree(file).path("services");
    }

    @ParameterizedTest
    @ValueSource(strings = {"node-1", "node-2", "node-3", "device"})
    void command_itsSettings_areValid(String name) throws Exception {
        JsonNode service = services().path(name);
        Map<String, String> environment = new HashMap<>();
        service.path("environment")
                .properties()
                .forEach(entry ->
                        environment.put(entry.getKey(), entry.getValue().asText()));
        List<String> command = new ArrayList<>();
        service.path("command").forEach(argument -> command.add(argument.asText()));
        assertThat(SettingsCheck.run(environment, command.toArray(String[]::new)))
                .contains(name.equals("device") ? "server=ws://localhost:8000" : "address=ws://" + name + ":8080");
        assertThat(service.path("read_only").asBoolean()).isTrue();
        assertThat(service.at("/cap_drop/0").asText()).isEqualTo("ALL");
    }

    @Test
    void volumes_filesOfTheProject_exist() throws Exception {
        List<String> named = new ArrayList<>();
        for (JsonNode service : services()) {
            for (JsonNode volume : service.path("volumes")) {
                String file = volume.asText().replaceFirst(":.*", "");
                if (!file.startsWith("./secrets")) {
                    named.add(file);
                    assertThat(Files.isRegularFile(FOLDER.resolve(file)))
                            .as(file)
                            .isTrue();
                }
            }
        }
        assertThat(named).contains("../haproxy.cfg", "../grafana/wsbridge.json", "./prometheus.yml");
    }

    @Test
    void peers_balancerAndScrapes_nameTheNodes() throws Exception {
        String balancer = Files.readString(FOLDER.resolve("../haproxy.cfg"));
        String scrapes = Files.readString(FOLDER.resolve("prometheus.yml"));
        String peers =
                services().path("node-1").at("/environment/WSBRIDGE_PEERS").asText();
        for (String node : List.of("node-1", "node-2", "node-3")) {
            assertThat(balancer).contains(" " + node + ":8080");
            assertThat(scrapes).contains(node + ":9480");
            assertThat(peers).contains("ws://" + node + ":8080");
        }
    }
}
