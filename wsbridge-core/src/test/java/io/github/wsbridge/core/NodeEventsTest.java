package io.github.wsbridge.core;

import static io.github.wsbridge.core.TestCluster.A;
import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.Mockito.mock;

import io.github.wsbridge.Bridge;
import io.github.wsbridge.CloseReason;
import io.github.wsbridge.spi.BridgeListener;
import io.github.wsbridge.spi.Fragment;
import io.github.wsbridge.testkit.LogCapture;
import io.github.wsbridge.testkit.RecordingReceiver;
import java.lang.reflect.Proxy;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Tests the events for listeners, and that a listener that throws does no harm. */
class NodeEventsTest {

    @Test
    void listenerThatThrows_doesNoHarm() throws Exception {
        BridgeListener throwing = (BridgeListener) Proxy.newProxyInstance(
                getClass().getClassLoader(), new Class<?>[] {BridgeListener.class}, (proxy, method, arguments) -> {
                    throw new NoClassDefFoundError(method.getName());
                });
        TestCluster cluster = new TestCluster();
        BridgeNode node = cluster.node(
                A,
                builder -> builder.listener(throwing).listener(cluster.events).signaller(cluster.signaller));
        try (LogCapture log = new LogCapture()) {
            RecordingReceiver listener = TestCluster.listen(node, "other");
            RecordingReceiver requester = TestCluster.request(node, "device", "");
            RecordingReceiver device = TestCluster.open(
                    node, cluster.signaller.take(TestCluster.PATIENCE).acceptUrl(), "");
            requester.leg().send(Fragment.text("hello"));
            assertThat(device.count()).isEqualTo(1);
            requester.leg().close(CloseReason.normal());
            listener.leg().close(CloseReason.normal());
            assertThat(TestCluster.refusal(node, URI.create("ws://a/bridge/connect")))
                    .isEqualTo(400);
            assertThat(cluster.events.names())
                    .containsExactly(
                            "Listening", "Requested", "Signalled", "Established", "Closed", "ListenerGone", "Refused");
            assertThat(log.loud()).hasSize(11);
        }
        assertThat(node.stats()).isEqualTo(new NodeStats(0, 0, 0, false));
    }

    @Test
    void everyEvent_isPassedOn() throws Exception {
        List<String> heard = new ArrayList<>();
        BridgeListener listener = (BridgeListener) Proxy.newProxyInstance(
                getClass().getClassLoader(), new Class<?>[] {BridgeListener.class}, (proxy, method, arguments) -> {
                    heard.add(method.getName());
                    return null;
                });
        NodeEvents events = new NodeEvents(List.of(listener));
        Bridge bridge = mock(Bridge.class);
        for (var method : BridgeListener.class.getMethods()) {
            Object[] nothing = new Object[method.getParameterCount()];
            for (int i = 0; i < nothing.length; i++) {
                Class<?> type = method.getParameterTypes()[i];
                nothing[i] = type == int.class
                        ? (Object) 0
                        : type == Bridge.class
                                ? bridge
                                : type == BridgeListener.Client.class ? new BridgeListener.Client("alice", "") : null;
            }
            method.invoke(events, nothing);
            assertThat(heard).last().isEqualTo(method.getName());
        }
        assertThat(heard).hasSameSizeAs(BridgeListener.class.getMethods());
    }
}
