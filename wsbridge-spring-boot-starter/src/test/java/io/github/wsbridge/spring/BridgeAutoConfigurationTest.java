package io.github.wsbridge.spring;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.wsbridge.NodeAddress;
import io.github.wsbridge.client.BridgeChannel;
import io.github.wsbridge.client.BridgeClient;
import io.github.wsbridge.client.BridgeDevice;
import io.github.wsbridge.core.BridgeNode;
import io.github.wsbridge.core.access.ApiKeyPolicy;
import io.github.wsbridge.core.access.UserPolicy;
import io.github.wsbridge.core.tokens.TokenKeys;
import io.github.wsbridge.spi.AccessPolicy;
import io.github.wsbridge.spi.Connector;
import io.github.wsbridge.testkit.RecordingListener;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.json.JsonParserFactory;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.security.web.SecurityFilterChain;

@Timeout(180)
class BridgeAutoConfigurationTest {

    private static final URI SERVER = URI.create("ws://localhost:8080");

    private final ApplicationContextRunner application =
            new ApplicationContextRunner().withConfiguration(AutoConfigurations.of(BridgeAutoConfiguration.class));

    @Test
    void client_reachesADeviceOfTheOwnNode_withoutASocket() {
        application.withPropertyValues("wsbridge.insecure=true").run(context -> {
            BridgeNode node = context.getBean(BridgeNode.class);
            try (BridgeDevice device = BridgeDevice.builder("pump", SERVER, incoming -> {
                        try (BridgeChannel bridge = incoming.accept().get()) {
                            bridge.inputStream().transferTo(bridge.outputStream());
                            bridge.shutdownOutput();
                        }
                    })
                    .connector(node.connector())
                    .build()
                    .start()) {
                device.listening().toCompletableFuture().get(60, TimeUnit.SECONDS);
                BridgeClient client = context.getBean(BridgeClient.class);
                try (BridgeChannel bridge = client.connect("pump").get(60, TimeUnit.SECONDS)) {
                    bridge.outputStream().write("hello".getBytes(UTF_8));
                    bridge.shutdownOutput();
                    assertThat(bridge.inputStream().readAllBytes())
                            .asString(UTF_8)
                            .isEqualTo("hello");
                }
            }
        });
    }

    @Test
    void addressAndUrl_followTheServersSettings_ifNotSet() {
        application
                .withPropertyValues("wsbridge.insecure=true", "server.port=81", "server.servlet.context-path=/app")
                .run(context -> assertThat(context.getBean(BridgeNode.class).address())
                        .isEqualTo(NodeAddress.parse("ws://localhost:81/app")));
        application
                .withPropertyValues("wsbridge.insecure=true", "server.port=0")
                .run(context -> assertThat(context).getFailure().rootCause().hasMessageContaining("public-url"));
    }

    @Test
    void nobodyHasAccess_failsAndSaysWhatToDo() {
        application
                .withClassLoader(new FilteredClassLoader(SecurityFilterChain.class))
                .run(context -> assertThat(context)
                        .getFailure()
                        .rootCause()
                        .hasMessageContaining("Spring Security")
                        .hasMessageContaining("wsbridge.api-keys-file"));
    }

    @Test
    void cluster_needsKeys(@TempDir Path folder) throws Exception {
        String address = "wsbridge.address=ws://10.0.0.1:8080";
        application
                .withPropertyValues(address)
                .run(context -> assertThat(context).getFailure().rootCause().hasMessageContaining("keys-file"));
        Path keys = folder.resolve("keys");
        TokenKeys.generate().write(keys);
        application
                .withPropertyValues(address, "wsbridge.keys-file=" + keys)
                .run(context -> assertThat(context).hasSingleBean(Connector.class));
    }

    @Test
    void properties_reachTheNode() {
        application
                .withPropertyValues(
                        "wsbridge.insecure=true", "wsbridge.limits.max-bridges=7", "wsbridge.limits.accept-timeout=3s")
                .run(context -> {
                    assertThat(context.getBean(BridgeNode.class).limits().maxBridges())
                            .isEqualTo(7);
                    assertThat(context.getBean(BridgeNode.class).limits().acceptTimeout())
                            .isEqualTo(Duration.ofSeconds(3));
                });
    }

    @Test
    void apiKeys_ofTheFile_areTheNodes(@TempDir Path folder) throws Exception {
        Path keys = Files.writeString(folder.resolve("keys"), "al requester " + ApiKeyPolicy.hash("secret") + "\n");
        application
                .withPropertyValues("wsbridge.api-keys-file=" + keys)
                .run(context -> assertThat(context).hasSingleBean(ApiKeys.class).doesNotHaveBean(AccessPolicy.class));
        application
                .withPropertyValues("wsbridge.api-keys-file=" + keys)
                .withBean(AccessPolicy.class, UserPolicy::create)
                .run(context -> assertThat(context).doesNotHaveBean(ApiKeys.class));
    }

    @Test
    void ownBeans_giveWay() {
        BridgeNodeCustomizer customizer = node -> node.address(NodeAddress.parse("ws://customized"));
        application
                .withPropertyValues("wsbridge.insecure=true")
                .withBean(BridgeNodeCustomizer.class, () -> customizer)
                .withBean(BridgeClient.class, () -> BridgeClient.builder(SERVER).build())
                .run(context -> {
                    assertThat(context.getBean(BridgeNode.class).address())
                            .isEqualTo(NodeAddress.parse("ws://customized"));
                    assertThat(context).hasSingleBean(BridgeClient.class);
                });
        application
                .withPropertyValues("wsbridge.enabled=false")
                .run(context -> assertThat(context).doesNotHaveBean(BridgeNode.class));
    }

    @Test
    void metrics_areInTheApplicationsRegistry() {
        SimpleMeterRegistry registry = new SimpleMeterRegistry();
        application
                .withPropertyValues("wsbridge.insecure=true")
                .withBean(MeterRegistry.class, () -> registry)
                .withBean(RecordingListener.class)
                .run(context -> {
                    assertThat(registry.get("wsbridge.bridges.limit").gauge().value())
                            .isEqualTo(10_000);
                    assertThat(registry.get("wsbridge.bridges.requested")
                                    .counter()
                                    .count())
                            .isZero();
                });
    }

    @Test
    void endpoint_tellsTheNodesState() {
        application
                .withPropertyValues("wsbridge.insecure=true", "management.endpoints.web.exposure.include=wsbridge")
                .run(context -> {
                    BridgeEndpoint endpoint = context.getBean(BridgeEndpoint.class);
                    assertThat(endpoint.status().node()).isEqualTo("ws://localhost:8080");
                    assertThat(endpoint.status().draining()).isFalse();
                    assertThat(endpoint.list("bridges")).isEmpty();
                    assertThat(endpoint.list("else")).isNull();
                });
    }

    @Test
    @SuppressWarnings("unchecked")
    void metadata_describesEachProperty() throws Exception {
        String json;
        try (InputStream in =
                BridgeProperties.class.getResourceAsStream("/META-INF/spring-configuration-metadata.json")) {
            json = new String(in.readAllBytes(), UTF_8);
        }
        List<Object> properties =
                (List<Object>) JsonParserFactory.getJsonParser().parseMap(json).get("properties");
        assertThat(properties)
                .map(property -> (Map<String, Object>) property)
                .filteredOn(property -> property.get("name").toString().startsWith("wsbridge."))
                .hasSizeGreaterThan(25)
                .allSatisfy(property -> assertThat(property).containsKey("description"));
    }
}
