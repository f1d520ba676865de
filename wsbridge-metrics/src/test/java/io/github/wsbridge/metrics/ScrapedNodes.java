package io.github.wsbridge.metrics;

import io.github.wsbridge.NodeAddress;
import io.github.wsbridge.client.BridgeChannel;
import io.github.wsbridge.client.BridgeClient;
import io.github.wsbridge.client.BridgeDevice;
import io.github.wsbridge.client.IncomingBridge;
import io.github.wsbridge.core.BridgeNode;
import io.github.wsbridge.core.cluster.PeerDirectory;
import io.github.wsbridge.core.tokens.TokenKeys;
import io.github.wsbridge.netty.NettyBridgeServer;
import io.github.wsbridge.netty.NettyConnector;
import io.github.wsbridge.spi.Connector;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * Two nodes with real sockets and metrics. Requesters connect to the first. A device listens on the second, whose URL
 * is also that of invitations, so that each bridge is forwarded.
 */
final class ScrapedNodes implements AutoCloseable {

    private final NettyBridgeServer[] servers = new NettyBridgeServer[2];
    private final PrometheusMeterRegistry[] registries = new PrometheusMeterRegistry[2];
    private final BridgeMetrics[] metrics = new BridgeMetrics[2];
    final BridgeNode[] nodes = new BridgeNode[2];
    private final Connector connector = NettyConnector.create();
    private final BridgeDevice device;

    /** @param proc stands for {@code /proc} */
    ScrapedNodes(Path proc) throws Exception {
        for (int i = 0; i < 2; i++) {
            servers[i] = NettyBridgeServer.builder()
                    .address(new InetSocketAddress("127.0.0.1", 0))
                    .bind();
        }
        TokenKeys keys = TokenKeys.generate();
        for (int i = 0; i < 2; i++) {
            registries[i] = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
            metrics[i] = new BridgeMetrics(registries[i], proc);
            nodes[i] = BridgeNode.builder()
                    .publicUrl(url(1))
                    .address(address(i))
                    .keys(keys)
                    .insecure()
                    .connector(connector)
                    .peers(PeerDirectory.of(Set.of(address(0), address(1))))
                    .listener(metrics[i])
                    .build();
            metrics[i].bind(nodes[i]);
            metrics[i].bind(servers[i], "public");
            metrics[i].bindVersion("1.2.3");
            metrics[i].bindProcess();
            servers[i].serve(nodes[i]);
        }
        device = BridgeDevice.builder("device-1", url(1), ScrapedNodes::echo)
                .backoff(Duration.ofMillis(50), Duration.ofMillis(500))
                .build()
                .start();
        device.listening().toCompletableFuture().get(30, TimeUnit.SECONDS);
    }

    private static void echo(IncomingBridge incoming) throws Exception {
        try (BridgeChannel bridge = incoming.accept().get(30, TimeUnit.SECONDS)) {
            bridge.inputStream().transferTo(bridge.outputStream());
            bridge.shutdownOutput();
        } catch (IOException e) {
            // the test sees how it ended
        }
    }

    URI url(int node) {
        return URI.create("ws://127.0.0.1:" + servers[node].address().getPort());
    }

    private NodeAddress address(int node) {
        return NodeAddress.parse(url(node).toString());
    }

    /** Sends bytes to the device and waits for as many. */
    BridgeChannel echoed(BridgeClient client, int bytes) throws Exception {
        BridgeChannel bridge = client.connect("device-1").get(30, TimeUnit.SECONDS);
        bridge.readTimeout(Duration.ofSeconds(30));
        bridge.write(ByteBuffer.allocate(bytes));
        bridge.inputStream().readNBytes(bytes);
        return bridge;
    }

    /** What Prometheus would get from a node. */
    Scrape scrape(int node) {
        return Scrape.parse(registries[node].scrape());
    }

    @Override
    public void close() {
        device.close();
        for (int i = 0; i < 2; i++) {
            nodes[i].close();
            servers[i].close();
            metrics[i].close();
        }
        connector.close();
    }
}
