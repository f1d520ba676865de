package io.github.wsbridge.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.wsbridge.CloseReason;
import io.github.wsbridge.DeviceState;
import io.github.wsbridge.HandshakeException;
import io.github.wsbridge.client.FakeNode.Call;
import io.github.wsbridge.spi.Fragment;
import io.github.wsbridge.testkit.LogCapture;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.ConnectException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a device tells about itself, its servers and its credentials, and how long its process stays. */
class BridgeDeviceStateTest extends BridgeDeviceFixture {

    private static final String PLACE = "ws://node.test";

    private final List<DeviceState> states = new CopyOnWriteArrayList<>();

    @Test
    void states_areToldInOrder() throws Exception {
        device = builder(offered::add).onState(states::add).build().start();
        node.call().fail(new ConnectException("Connection refused"));
        scheduler.advance(Duration.ofSeconds(1));
        node.call().fail(new HandshakeException(403, "not you", null, null));
        scheduler.advance(Duration.ofSeconds(10));
        node.call().open().close(new CloseReason(1001, "restart"));
        device.close();
        assertThat(states)
                .containsExactly(
                        new DeviceState.Connecting(PLACE),
                        new DeviceState.Retrying(PLACE, "Connection refused", Duration.ofSeconds(1)),
                        new DeviceState.Connecting(PLACE),
                        new DeviceState.Refused(
                                PLACE,
                                "the server refused with HTTP status 403: the credentials do not permit this (not you)",
                                Duration.ofSeconds(10)),
                        new DeviceState.Connecting(PLACE),
                        new DeviceState.Listening(),
                        new DeviceState.Retrying(PLACE, "1001 restart", Duration.ofSeconds(2)),
                        new DeviceState.Stopped(CloseReason.normal()));
    }

    @Test
    void listenerThrows_deviceGoesOn() throws Exception {
        device = builder(offered::add)
                .onState(state -> {
                    throw new AssertionError("broken on purpose");
                })
                .build()
                .start();
        node.call().fail(new ConnectException());
        scheduler.advance(Duration.ofSeconds(1));
        openListen();
        assertThat(device.listening()).isCompleted();
    }

    @Test
    void severalServers_areTriedInTurn() throws Exception {
        device = builder(offered::add)
                .server(URI.create("ws://second.test"))
                .server(URI.create("ws://third.test"))
                .build()
                .start();
        node.call().fail(new ConnectException());
        Call second = node.call();
        assertThat(second.target().uri().getHost()).isEqualTo("second.test");
        PairLeg listen = second.open();
        far = new QueueReceiver(listen::demand);
        listen.open(far);
        listen.demand();
        listen.send(Fragment.text(FakeNode.invitation("t", "", "ws://third.test/bridge/accept?bridgeToken=t")));
        offer().accept();
        assertThat(node.call().target().uri().getHost()).isEqualTo("third.test");
        listen.close(new CloseReason(1001, ""));
        scheduler.advance(Duration.ofSeconds(2));
        assertThat(node.call().target().uri().getHost()).isEqualTo("third.test");
    }

    @Test
    void severalServers_afterALoss_areAllTriedBeforeAPause() throws Exception {
        device = builder(offered::add)
                .onState(states::add)
                .server(URI.create("ws://second.test"))
                .build()
                .start();
        node.call().open().close(new CloseReason(1001, "restart"));
        assertThat(states).endsWith(new DeviceState.Retrying(PLACE, "1001 restart", Duration.ofSeconds(1)));
        scheduler.advance(Duration.ofSeconds(1));
        Call second = node.call();
        assertThat(second.target().uri().getHost()).isEqualTo("second.test");
        second.fail(new HandshakeException(403));
        Call first = node.call();
        assertThat(first.target().uri().getHost()).as("without a pause").isEqualTo("node.test");
        first.fail(new ConnectException("Connection refused"));
        assertThat(node.calls).isEmpty();
        scheduler.advance(Duration.ofSeconds(2));
        assertThat(node.call().target().uri().getHost()).isEqualTo("second.test");
    }

    @Test
    void socketThatEndsAtOnce_isToldInOrder() throws Exception {
        device = builder(offered::add).onState(states::add).build().start();
        Call call = node.call();
        PairLeg near = PairLeg.pair("");
        near.peer().close(new CloseReason(1001, "restart"));
        call.answer().complete(near);
        assertThat(states).element(states.size() - 1).isInstanceOf(DeviceState.Retrying.class);
        assertThat(states).contains(new DeviceState.Listening());
    }

    @Test
    void suppliedKey_isAskedForEachHandshake() throws Exception {
        AtomicInteger number = new AtomicInteger();
        device = builder(offered::add)
                .apiKey(() -> "key" + number.incrementAndGet())
                .build()
                .start();
        Call first = node.call();
        assertThat(first.target().headers()).containsEntry("X-Api-Key", "key1");
        first.fail(new ConnectException());
        scheduler.advance(Duration.ofSeconds(1));
        assertThat(node.call().target().headers()).containsEntry("X-Api-Key", "key2");
    }

    @Test
    void suppliedKey_missingOrBroken_failsTheHandshakeOnly() throws Exception {
        AtomicInteger number = new AtomicInteger();
        device = builder(offered::add)
                .onState(states::add)
                .apiKey(() -> {
                    if (number.incrementAndGet() == 1) {
                        throw new IllegalStateException("no token yet");
                    }
                    return number.get() == 2 ? "line\nbreak" : "";
                })
                .build()
                .start();
        scheduler.advance(Duration.ofSeconds(10));
        scheduler.advance(Duration.ofSeconds(10));
        assertThat(node.call().target().headers()).doesNotContainKey("X-Api-Key");
        assertThat(states)
                .contains(new DeviceState.Retrying(
                        PLACE, "there is no usable value for the header field X-Api-Key", Duration.ofSeconds(1)));
    }

    @Test
    void bridgeThatEndsBadly_isOneLineWithoutATrace() throws Exception {
        try (LogCapture log = new LogCapture()) {
            PairLeg listen = listen(builder(incoming -> incoming.accept().get()));
            invite(listen, "t");
            node.call().open().close(new CloseReason(CloseReason.BAD_TOKEN, "too late"));
            await().until(() ->
                    log.all().stream().anyMatch(line -> line.endsWith(" ended: the bridge ended: 4410 too late")));
            assertThat(log.all()).noneMatch(line -> line.contains("The handler failed"));
        }
    }

    /** Starts a device and returns, as the README's example does. */
    static final class OnlyAMain {

        public static void main(String[] args) {
            BridgeDevice.builder("d", URI.create("ws://127.0.0.1:1"), incoming -> {})
                    .daemon(Boolean.parseBoolean(args[0]))
                    .build()
                    .start();
            System.out.println("main has ended");
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void mainEnds_processStaysUnlessDaemon(boolean daemon) throws Exception {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        OnlyAMain.class.getName(),
                        Boolean.toString(daemon))
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        try (BufferedReader out =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            device = BridgeDevice.builder("unused", URI.create(PLACE), incoming -> {})
                    .build();
            assertThat(out.readLine()).isEqualTo("main has ended");
            assertThat(process.waitFor(daemon ? 20 : 1, TimeUnit.SECONDS)).isEqualTo(daemon);
        } finally {
            process.destroyForcibly();
        }
    }
}
