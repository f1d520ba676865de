package io.github.wsbridge.testkit.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.wsbridge.CloseReason;
import io.github.wsbridge.spi.Admission;
import io.github.wsbridge.spi.Fragment;
import io.github.wsbridge.spi.Handshake;
import io.github.wsbridge.spi.Leg;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.awaitility.core.ConditionTimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What every server that brings legs to a door must do, on real sockets. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
public abstract class BridgeServerContract {

    public static final String TARGET = "/bridge/connect?deviceId=d";
    public static final int BINARY = 0x82;
    public static final int TEXT = 0x81;

    /** Longer than any test lasts. */
    private static final Duration LONG = Duration.ofMinutes(5);

    /** How long a test watches for what must not happen. */
    private static final Duration A_WHILE = Duration.ofMillis(300);

    protected final FakeDoor door = new FakeDoor();
    protected int port;

    /** Starts the server and gives its port. */
    protected abstract int start() throws Exception;

    protected abstract void stop() throws Exception;

    /** How long until a connection is certain to be dropped whose close is not answered, in milliseconds. */
    protected int closeDeadline() {
        return 20_000;
    }

    /** Whether the server notices that a client goes away which it keeps waiting, or only when it answers it. */
    protected boolean noticesLeavingWhileWaiting() {
        return true;
    }

    @BeforeEach
    void up() throws Exception {
        port = start();
    }

    @AfterEach
    void down() throws Exception {
        stop();
    }

    @Test
    void messages_bothWays_keepKindAndContent() throws Exception {
        try (RawSocket raw = RawSocket.open(port, TARGET)) {
            Ear ear = door.ear();
            raw.send(BINARY, new byte[] {1, 2, 3});
            raw.send(TEXT, "grüß dich");
            Fragment first = ear.next();
            assertThat(first.kind()).isEqualTo(Fragment.Kind.BINARY);
            assertThat(first.last()).isTrue();
            assertThat(Ear.bytes(first)).containsExactly(1, 2, 3);
            Fragment second = ear.next();
            assertThat(second.kind()).isEqualTo(Fragment.Kind.TEXT);
            assertThat(Ear.text(second)).isEqualTo("grüß dich");

            ear.send(Fragment.binary(ByteBuffer.wrap(new byte[] {4, 5})));
            ear.send(Fragment.text("zurück"));
            RawSocket.Received back = raw.receive();
            assertThat(back.first()).isEqualTo(BINARY);
            assertThat(back.payload()).containsExactly(4, 5);
            back = raw.receive();
            assertThat(back.first()).isEqualTo(TEXT);
            assertThat(back.text()).isEqualTo("zurück");
        }
    }

    @Test
    void emptyMessages_bothWays_arrive() throws Exception {
        try (RawSocket raw = RawSocket.open(port, TARGET)) {
            Ear ear = door.ear();
            raw.send(BINARY, new byte[0]);
            raw.send(TEXT, "");
            Fragment fragment = ear.next();
            assertThat(fragment.kind()).isEqualTo(Fragment.Kind.BINARY);
            assertThat(fragment.last()).isTrue();
            assertThat(fragment.payload().remaining()).isZero();
            fragment = ear.next();
            assertThat(fragment.kind()).isEqualTo(Fragment.Kind.TEXT);
            assertThat(fragment.payload().remaining()).isZero();

            ear.send(Fragment.binary(ByteBuffer.allocate(0)));
            ear.send(Fragment.text(""));
            assertThat(raw.receive())
                    .satisfies(r -> assertThat(r.first()).isEqualTo(BINARY))
                    .satisfies(r -> assertThat(r.payload()).isEmpty());
            assertThat(raw.receive().first()).isEqualTo(TEXT);
        }
    }

    @Test
    void fragments_fromThePeer_keepTheirCuts() throws Exception {
        try (RawSocket raw = RawSocket.open(port, TARGET)) {
            Ear ear = door.ear();
            raw.send(0x02, new byte[] {1});
            raw.send(0x89, new byte[0]);
            raw.send(0x00, new byte[] {2});
            raw.send(0x80, new byte[] {3});
            byte[] got = new byte[0];
            Fragment fragment;
            do {
                fragment = ear.next();
                assertThat(fragment.kind()).isEqualTo(Fragment.Kind.BINARY);
                byte[] bytes = Ear.bytes(fragment);
                int at = got.length;
                got = Arrays.copyOf(got, at + bytes.length);
                System.arraycopy(bytes, 0, got, at, bytes.length);
            } while (!fragment.last());
            assertThat(got).containsExactly(1, 2, 3);
            assertThat(raw.receive().opcode()).isEqualTo(0xA);
        }
    }

    @Test
    void fragments_toThePeer_keepTheirCuts() throws Exception {
        try (RawSocket raw = RawSocket.open(port, TARGET)) {
            Ear ear = door.ear();
            ear.send(Ear.part(Fragment.Kind.BINARY, new byte[] {1}, false));
            ear.send(Ear.part(Fragment.Kind.BINARY, new byte[] {2}, false));
            ear.send(Ear.part(Fragment.Kind.BINARY, new byte[] {3}, true));
            ear.send(Ear.part(Fragment.Kind.BINARY, new byte[] {4}, true));
            assertThat(raw.receive().first()).isEqualTo(0x02);
            assertThat(raw.receive().first()).isEqualTo(0x00);
            RawSocket.Received last = raw.receive();
            while (last.payload().length == 0) {
                last = raw.receive();
            }
            assertThat(last.payload()).containsExactly(3);
            while (!last.fin()) {
                last = raw.receive(); // some containers end a message with an empty frame
            }
            assertThat(raw.receive().first()).isEqualTo(0x82);
        }
    }

    @Test
    void text_splitWithinCharacters_arrivesWhole() throws Exception {
        String text = "a€b😀c".repeat(5_000);
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        try (RawSocket raw = RawSocket.open(port, TARGET)) {
            Ear ear = door.ear();
            CompletableFuture<Void> sending = CompletableFuture.runAsync(() -> sendText(raw, utf8));
            ByteArrayOutputStream got = new ByteArrayOutputStream();
            Fragment fragment;
            do {
                fragment = ear.next();
                got.writeBytes(Ear.bytes(fragment));
            } while (!fragment.last());
            sending.get();
            assertThat(got.toString(StandardCharsets.UTF_8)).isEqualTo(text);

            CompletableFuture<Void> replying = CompletableFuture.runAsync(() -> sendText(ear, utf8));
            ByteArrayOutputStream back = new ByteArrayOutputStream();
            RawSocket.Received received;
            do {
                received = raw.receive();
                assertThat(received.payload().length).isLessThanOrEqualTo(1 << 20);
                back.writeBytes(received.payload());
            } while (!received.fin());
            replying.get();
            assertThat(back.toString(StandardCharsets.UTF_8)).isEqualTo(text);
        }
    }

    private static void sendText(RawSocket raw, byte[] utf8) {
        try {
            for (int at = 0; at < utf8.length; ) {
                int size = Math.min(997, utf8.length - at);
                boolean last = at + size == utf8.length;
                raw.send((at == 0 ? 0x01 : 0x00) | (last ? 0x80 : 0), Arrays.copyOfRange(utf8, at, at + size));
                at += size;
            }
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private static void sendText(Ear ear, byte[] utf8) {
        try {
            for (int at = 0; at < utf8.length; ) {
                int size = Math.min(17_001, utf8.length - at);
                ear.send(Ear.part(
                        Fragment.Kind.TEXT, Arrays.copyOfRange(utf8, at, at + size), at + size == utf8.length));
                at += size;
            }
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void hugeFrame_streamsThrough() throws Exception {
        int size = 64 << 20;
        try (RawSocket raw = RawSocket.open(port, TARGET)) {
            Ear ear = door.ear();
            CompletableFuture<Void> sending = CompletableFuture.runAsync(() -> sendHuge(raw, size));
            long started = System.nanoTime();
            long total = 0;
            long checksum = 0;
            Fragment fragment;
            do {
                fragment = ear.next();
                total += fragment.payload().remaining();
                assertThat(fragment.payload().remaining()).isLessThanOrEqualTo(256 * 1024);
                while (fragment.payload().hasRemaining()) {
                    checksum = checksum * 31 + fragment.payload().get();
                }
            } while (!fragment.last());
            sending.get();
            System.out.printf(
                    "%s: 64 MiB in one frame: %d ms%n",
                    getClass().getSimpleName(), (System.nanoTime() - started) / 1_000_000);
            assertThat(total).isEqualTo(size);
            assertThat(checksum).isEqualTo(hugeChecksum(size));
        }
    }

    private static void sendHuge(RawSocket raw, int size) {
        try {
            raw.write(ByteBuffer.allocate(14)
                    .put((byte) BINARY)
                    .put((byte) (0x80 | 127))
                    .putLong(size)
                    .put(RawSocket.KEY)
                    .array());
            byte[] chunk = new byte[64 * 1024];
            for (int at = 0; at < size; at += chunk.length) {
                for (int i = 0; i < chunk.length; i++) {
                    chunk[i] = (byte) (at + i >> 8);
                }
                RawSocket.mask(chunk, RawSocket.KEY);
                raw.write(chunk);
            }
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private static long hugeChecksum(int size) {
        long checksum = 0;
        for (int i = 0; i < size; i++) {
            checksum = checksum * 31 + (byte) (i >> 8);
        }
        return checksum;
    }

    @Test
    void noDemand_senderIsHeldBack_othersAreNot() throws Exception {
        try (RawSocket flooder = RawSocket.open(port, TARGET)) {
            Ear ear = door.ear();
            AtomicLong sent = new AtomicLong();
            CompletableFuture<Void> flooding = CompletableFuture.runAsync(() -> flood(flooder, sent));
            await().pollDelay(Duration.ofMillis(300)).until(() -> stalled(sent));
            assertThat(sent.get()).isLessThan(16L << 20);
            assertThat(ear.fragments).isEmpty();

            try (RawSocket other = RawSocket.open(port, TARGET)) {
                Ear calm = door.ear();
                other.send(BINARY, new byte[] {7});
                assertThat(Ear.bytes(calm.next())).containsExactly(7);
                calm.send(Fragment.text("still here"));
                assertThat(other.receive().text()).isEqualTo("still here");
            }

            for (int i = 0; i < 10; i++) {
                assertThat(ear.next().payload().remaining()).isPositive();
            }
            assertThat(ear.fragments).isEmpty();
            ear.leg.abort();
            ear.closed();
            flooding.exceptionally(broken -> null).get(Ear.SECONDS, TimeUnit.SECONDS);
        }
    }

    public static void flood(RawSocket raw, AtomicLong sent) {
        try {
            byte[] message = RawSocket.frame(BINARY, new byte[8_000], RawSocket.KEY);
            while (true) {
                raw.write(message);
                sent.addAndGet(message.length);
            }
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    /** Asked again and again, at least every 400 ms, by those who wait for it. */
    public static boolean stalled(AtomicLong count) {
        long before = count.get();
        try {
            await().pollDelay(Duration.ZERO).atMost(Duration.ofMillis(400)).until(() -> count.get() != before);
            return false;
        } catch (ConditionTimeoutException e) {
            return before > 0;
        }
    }

    @Test
    void peerThatDoesNotRead_sendWaits_abortEndsIt() throws Exception {
        try (RawSocket raw = RawSocket.open(port, TARGET)) {
            Ear ear = door.ear();
            CompletableFuture<Void> stuck = sendUntilStuck(ear.leg);
            ear.leg.abort();
            assertThat(ear.closed().code()).isEqualTo(CloseReason.VANISHED);
            stuck.exceptionally(broken -> null).get(Ear.SECONDS, TimeUnit.SECONDS);
            assertThat(stuck).isCompletedExceptionally();
            raw.socket.setSoTimeout(closeDeadline());
            assertThat(broken(raw)).isTrue();
        }
    }

    @Test
    void peerThatDoesNotRead_closeGivesUpAtTheDeadline() throws Exception {
        try (RawSocket raw = RawSocket.open(port, TARGET)) {
            Ear ear = door.ear();
            CompletableFuture<Void> stuck = sendUntilStuck(ear.leg);
            long started = System.nanoTime();
            ear.leg.close(new CloseReason(4321, "enough"));
            assertThat(ear.closed()).isEqualTo(new CloseReason(4321, "enough"));
            assertThat(Duration.ofNanos(System.nanoTime() - started)).isLessThan(Duration.ofMillis(closeDeadline()));
            stuck.exceptionally(broken -> null).get(Ear.SECONDS, TimeUnit.SECONDS);
            raw.socket.setSoTimeout(closeDeadline());
            assertThat(broken(raw)).isTrue();
        }
    }

    /** Sends until a send does not complete, which is returned. */
    public static CompletableFuture<Void> sendUntilStuck(Leg leg) throws Exception {
        for (int i = 0; i < 10_000; i++) {
            CompletableFuture<Void> sent =
                    leg.send(Fragment.binary(ByteBuffer.allocate(32_000))).toCompletableFuture();
            try {
                sent.get(1_700, TimeUnit.MILLISECONDS);
            } catch (java.util.concurrent.TimeoutException e) {
                return sent;
            }
        }
        throw new AssertionError("never stuck");
    }

    /** Tells whether the stream ends or breaks behind what is in the sockets' buffers. */
    public static boolean broken(RawSocket raw) {
        try {
            byte[] sink = new byte[64 * 1024];
            long total = 0;
            int n;
            while ((n = raw.in.read(sink)) >= 0) {
                total += n;
                assertThat(total).isLessThan(256L << 20);
            }
            return true;
        } catch (java.net.SocketTimeoutException e) {
            return false;
        } catch (java.io.IOException e) {
            return true;
        }
    }

    @ParameterizedTest
    @CsvSource({"1000,done", "1001,", "3000,x", "4999,grüße", "1011,oops"})
    void peerCloses_codeAndReasonAreReportedAndAnswered(int code, String reason) throws Exception {
        String words = reason == null ? "" : reason;
        try (RawSocket raw = RawSocket.open(port, TARGET)) {
            Ear ear = door.ear();
            raw.close(code, words);
            assertThat(ear.closed()).isEqualTo(new CloseReason(code, words));
            RawSocket.Received answer = raw.receive();
            assertThat(answer.opcode()).isEqualTo(8);
            assertThat(answer.closeCode()).isEqualTo(code);
            assertThat(raw.ended()).isTrue();
            assertThat(ear.leg.send(Fragment.text("late")).toCompletableFuture())
                    .isCompletedExceptionally();
        }
    }

    @Test
    void peerClosesWithoutCode_isReportedSo() throws Exception {
        try (RawSocket raw = RawSocket.open(port, TARGET)) {
            Ear ear = door.ear();
            raw.send(0x88, new byte[0]);
            assertThat(ear.closed().code()).isIn(CloseReason.NO_STATUS, CloseReason.NORMAL);
            assertThat(raw.receive().opcode()).isEqualTo(8);
            assertThat(raw.ended()).isTrue();
        }
    }

    @ParameterizedTest
    @CsvSource({"1000,done", "1001,", "3000,x", "4403,7 nein danke ü"})
    void close_goesOutBehindWhatWasSent(int code, String reason) throws Exception {
        String words = reason == null ? "" : reason;
        try (RawSocket raw = RawSocket.open(port, TARGET)) {
            Ear ear = door.ear();
            CompletionStage<Void> sent = ear.leg.send(Fragment.binary(ByteBuffer.allocate(200_000)));
            ear.leg.close(new CloseReason(code, words));
            ear.leg.close(new CloseReason(4000, "a second one does not count"));
            int data = 0;
            RawSocket.Received received = raw.receive();
            while (received.opcode() != 8) {
                data += received.payload().length;
                received = raw.receive();
            }
            assertThat(data).isEqualTo(200_000);
            sent.toCompletableFuture().get(Ear.SECONDS, TimeUnit.SECONDS);
            assertThat(received.closeCode()).isEqualTo(code);
            assertThat(received.closeReason()).isEqualTo(words);
            raw.close(code, words);
            assertThat(ear.closed()).isEqualTo(new CloseReason(code, words));
            assertThat(raw.ended()).isTrue();
        }
    }

    @Test
    void close_peerDoesNotAnswer_connectionIsDropped() throws Exception {
        try (RawSocket raw = RawSocket.open(port, TARGET)) {
            Ear ear = door.ear();
            ear.leg.close(new CloseReason(4000, "bye"));
            assertThat(raw.receive().closeCode()).isEqualTo(4000);
            raw.socket.setSoTimeout(closeDeadline());
            assertThat(raw.ended()).isTrue();
            assertThat(ear.closed()).isEqualTo(new CloseReason(4000, "bye"));
        }
    }

    @Test
    void close_whilePeerFloods_isAnswered() throws Exception {
        try (RawSocket raw = RawSocket.open(port, TARGET)) {
            Ear ear = door.ear();
            AtomicLong sent = new AtomicLong();
            CompletableFuture<Void> flooding = CompletableFuture.runAsync(() -> flood(raw, sent));
            await().pollDelay(Duration.ofMillis(200)).until(() -> stalled(sent));
            ear.leg.close(new CloseReason(4000, "bye"));
            assertThat(raw.receive().closeCode()).isEqualTo(4000);
            ear.closed();
            raw.close();
            flooding.exceptionally(broken -> null).get(Ear.SECONDS, TimeUnit.SECONDS);
        }
    }

    @Test
    void peerVanishes_isReported() throws Exception {
        RawSocket raw = RawSocket.open(port, TARGET);
        Ear ear = door.ear();
        ear.leg.demand();
        raw.reset();
        assertThat(ear.closed().code()).isEqualTo(CloseReason.VANISHED);
    }

    @Test
    void peerEndsWithoutClose_isReportedBehindItsData() throws Exception {
        try (RawSocket raw = RawSocket.open(port, TARGET)) {
            Ear ear = door.ear();
            raw.send(BINARY, new byte[] {1});
            raw.send(BINARY, new byte[] {2});
            raw.socket.shutdownOutput();
            assertThat(Ear.bytes(ear.next())).containsExactly(1);
            assertThat(Ear.bytes(ear.next())).containsExactly(2);
            ear.leg.demand();
            assertThat(ear.closed().code()).isEqualTo(CloseReason.VANISHED);
        }
    }

    @Test
    void abort_dropsTheConnection() throws Exception {
        try (RawSocket raw = RawSocket.open(port, TARGET)) {
            Ear ear = door.ear();
            ear.leg.abort();
            assertThat(ear.closed().code()).isEqualTo(CloseReason.VANISHED);
            assertThat(broken(raw)).isTrue();
        }
    }

    @Test
    void ping_isAnsweredOnThisHop() throws Exception {
        try (RawSocket raw = RawSocket.open(port, TARGET)) {
            Ear ear = door.ear();
            raw.send(0x89, "you there?");
            RawSocket.Received pong = raw.receive();
            assertThat(pong.opcode()).isEqualTo(0xA);
            assertThat(pong.text()).isEqualTo("you there?");

            ear.leg.ping();
            RawSocket.Received ping = raw.receive();
            assertThat(ping.opcode()).isEqualTo(0x9);
            raw.send(0x8A, ping.payload());
            await().untilAtomic(ear.pongs, org.hamcrest.Matchers.equalTo(1));
        }
    }

    @Test
    void endBeforeOpen_isReportedAtOpen() throws Exception {
        try (RawSocket raw = RawSocket.open(port, TARGET)) {
            Leg leg = door.legs.poll(Ear.SECONDS, TimeUnit.SECONDS);
            raw.close(4001, "never mind");
            assertThat(raw.receive().opcode()).isEqualTo(8);
            assertThat(new Ear(leg).closed()).isEqualTo(new CloseReason(4001, "never mind"));
        }
    }

    @Test
    void closeBeforeOpen_works() throws Exception {
        CompletableFuture<Ear> opened = new CompletableFuture<>();
        door.answer = handshake -> CompletableFuture.completedFuture(new Admission.Granted("", leg -> {
            leg.close(new CloseReason(4503, "full"));
            opened.complete(new Ear(leg));
        }));
        try (RawSocket raw = RawSocket.open(port, TARGET)) {
            assertThat(raw.receive().closeCode()).isEqualTo(4503);
            raw.close(4503, "full");
            assertThat(opened.get().closed()).isEqualTo(new CloseReason(4503, "full"));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {400, 401, 403, 404, 429, 503})
    void refused_isAPlainAnswer_withoutASession(int status) throws Exception {
        Duration retryAfter = status == 503 ? Duration.ofSeconds(7) : null;
        door.refuses(new Admission.Refused(status, "no such luck", retryAfter));
        try (RawSocket raw = RawSocket.connect(port)) {
            raw.write(RawSocket.upgrade(TARGET, ""));
            String head = raw.readHead();
            assertThat(head).startsWith("HTTP/1.1 " + status + " ");
            assertThat(head.toLowerCase()).doesNotContain("sec-websocket-accept");
            if (status == 503) {
                assertThat(head).contains("Retry-After: 7\r\n");
            }
            // Frames that a client sends nevertheless reach nobody, and nothing follows the answer.
            raw.send(BINARY, new byte[] {1});
            assertThat(new String(restOf(raw, head), StandardCharsets.UTF_8)).isEqualTo("no such luck\n");
            assertThat(door.legs).isEmpty();
        }
    }

    /** What comes behind the head of an answer, up to the end of the connection. */
    protected byte[] restOf(RawSocket raw, String head) throws IOException {
        return raw.readToEnd();
    }

    @Test
    void notAnUpgrade_isRefusedWith426() throws Exception {
        HttpResponse<String> response = HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(URI.create("http://localhost:" + port + TARGET))
                                .build(),
                        HttpResponse.BodyHandlers.ofString());
        assertThat(response.statusCode()).isEqualTo(426);
        assertThat(door.handshakes.take().upgrade()).isFalse();
        assertThat(door.legs).isEmpty();
    }

    @Test
    void oldVersion_isRefusedWith426() throws Exception {
        try (RawSocket raw = RawSocket.connect(port)) {
            raw.write(RawSocket.upgrade(TARGET, "").replace("Version: 13", "Version: 8"));
            assertThat(raw.readHead()).startsWith("HTTP/1.1 426 ").contains("Sec-WebSocket-Version: 13\r\n");
        }
    }

    @Test
    void unknownPath_isRefusedWith404() throws Exception {
        door.answer = handshake -> handshake.path().startsWith("/bridge/")
                ? door.granted("")
                : CompletableFuture.completedFuture(new Admission.Refused(404, "nothing here", null));
        try (RawSocket raw = RawSocket.connect(port)) {
            raw.write(RawSocket.upgrade("/elsewhere", ""));
            assertThat(raw.readHead()).startsWith("HTTP/1.1 404 ");
            assertThat(door.legs).isEmpty();
        }
    }

    @Test
    void doorThatFails_isRefusedWith503() throws Exception {
        door.answer = handshake -> CompletableFuture.failedFuture(new IllegalStateException("a test's failure"));
        try (RawSocket raw = RawSocket.connect(port)) {
            raw.write(RawSocket.upgrade(TARGET, ""));
            assertThat(raw.readHead()).startsWith("HTTP/1.1 503 ").contains("Retry-After: ");
        }
    }

    @Test
    void handshake_isSeenAsItWas() throws Exception {
        door.answer = handshake -> door.granted("wsbridge.v1");
        try (RawSocket raw = RawSocket.connect(port)) {
            raw.write(RawSocket.upgrade(
                    "/bridge/connect?deviceId=a%2Fb&requestData=%C3%BC+x",
                    "X-Api-Key: secret\r\nSec-WebSocket-Protocol: other, wsbridge.v1\r\n"));
            assertThat(raw.readHead()).startsWith("HTTP/1.1 101 ").contains("Sec-WebSocket-Protocol: wsbridge.v1\r\n");
            Handshake handshake = door.handshakes.take();
            assertThat(handshake.path()).isEqualTo("/bridge/connect");
            assertThat(handshake.rawQuery()).isEqualTo("deviceId=a%2Fb&requestData=%C3%BC+x");
            assertThat(handshake.upgrade()).isTrue();
            assertThat(handshake.headers().only("x-api-key")).isEqualTo("secret");
            assertThat(handshake.headers().all("nope")).isEmpty();
            assertThat(handshake.peer().address()).matches("127\\.0\\.0\\.1(:\\d+)?");
            assertThat(handshake.peer().certificates()).isEmpty();
            assertThat(door.ear().leg.subprotocol()).isEqualTo("wsbridge.v1");
        }
    }

    @Test
    void slowDoor_isAwaited() throws Exception {
        CompletableFuture<Admission> late = new CompletableFuture<>();
        door.answer = handshake -> late;
        try (RawSocket raw = RawSocket.connect(port)) {
            raw.write(RawSocket.upgrade(TARGET, ""));
            door.handshakes.take();
            late.complete(new Admission.Granted("", door.legs::add));
            assertThat(raw.readHead()).startsWith("HTTP/1.1 101 ");
            raw.send(TEXT, "now");
            assertThat(Ear.text(door.ear().next())).isEqualTo("now");
        }
    }

    @Test
    void later_granted_upgradesWithTheSubprotocolOfThen() throws Exception {
        FakeDoor.Waiting waiting = door.keepsWaiting(LONG);
        try (RawSocket raw = ask("Sec-WebSocket-Protocol: other, wsbridge.v1\r\n")) {
            door.handshakes.take();
            assertThat(raw.silentFor(A_WHILE)).as("no answer yet").isTrue();
            waiting.grant("wsbridge.v1");
            assertThat(raw.readHead()).startsWith("HTTP/1.1 101 ").contains("Sec-WebSocket-Protocol: wsbridge.v1\r\n");
            raw.send(TEXT, "first words");
            Ear ear = door.ear();
            assertThat(ear.leg.subprotocol()).isEqualTo("wsbridge.v1");
            assertThat(Ear.text(ear.next())).isEqualTo("first words");
            ear.send(Fragment.text("answer"));
            assertThat(raw.receive().text()).isEqualTo("answer");
            raw.close(1000, "");
            ear.closed();
            assertThat(waiting.abandoned()).isZero();
        }
    }

    @Test
    void later_decidedAlready_isCarriedOutAtOnce() throws Exception {
        FakeDoor.Waiting waiting = door.keepsWaiting(LONG);
        waiting.grant("");
        try (RawSocket raw = ask("")) {
            assertThat(raw.readHead()).startsWith("HTTP/1.1 101 ").doesNotContain("Sec-WebSocket-Protocol");
            door.ear().send(Fragment.text("welcome"));
            assertThat(raw.receive().text()).isEqualTo("welcome");
        }
    }

    @ParameterizedTest
    @CsvSource({
        "403, 403 heute nicht – müde, 0",
        "404, the device cannot be reached, 0",
        "408, the device did not accept in time, 0",
        "429, too many requesters wait for this device, 3",
        "503, the node is draining, 7"
    })
    void later_refused_isAPlainAnswer(int status, String words, int seconds) throws Exception {
        FakeDoor.Waiting waiting = door.keepsWaiting(LONG);
        try (RawSocket raw = ask("")) {
            door.handshakes.take();
            waiting.refuse(new Admission.Refused(status, words, seconds == 0 ? null : Duration.ofSeconds(seconds)));
            String head = raw.readHead();
            assertThat(head).startsWith("HTTP/1.1 " + status + " ");
            assertThat(head.toLowerCase(Locale.ROOT)).doesNotContain("sec-websocket-accept");
            if (seconds == 0) {
                assertThat(head).doesNotContain("Retry-After");
            } else {
                assertThat(head).contains("Retry-After: " + seconds + "\r\n");
            }
            assertThat(new String(restOf(raw, head), StandardCharsets.UTF_8)).isEqualTo(words + "\n");
            assertThat(waiting.abandoned()).isZero();
            assertThat(door.legs).isEmpty();
        }
    }

    @Test
    void later_notInTime_isRefusedWith503() throws Exception {
        FakeDoor.Waiting waiting = door.keepsWaiting(Duration.ofMillis(400));
        try (RawSocket raw = ask("")) {
            assertThat(raw.readHead()).startsWith("HTTP/1.1 503 ").contains("Retry-After: ");
            await().untilAsserted(() -> assertThat(waiting.abandoned()).isEqualTo(1));
            waiting.grant("");
            raw.readToEnd();
            assertThat(waiting.abandoned()).isEqualTo(1);
            assertThat(door.legs).isEmpty();
        }
    }

    @Test
    void later_failed_isRefusedWith503() throws Exception {
        FakeDoor.Waiting waiting = door.keepsWaiting(LONG);
        try (RawSocket raw = ask("")) {
            door.handshakes.take();
            waiting.fail();
            assertThat(raw.readHead()).startsWith("HTTP/1.1 503 ").contains("Retry-After: ");
            assertThat(door.legs).isEmpty();
        }
    }

    @Test
    void later_notAnUpgrade_isRefusedWith426() throws Exception {
        FakeDoor.Waiting waiting = door.keepsWaiting(LONG);
        try (RawSocket raw = RawSocket.connect(port)) {
            raw.write(RawSocket.upgrade(TARGET, "").replace("Version: 13", "Version: 8"));
            assertThat(raw.readHead()).startsWith("HTTP/1.1 426 ");
            await().untilAsserted(() -> assertThat(waiting.abandoned()).isEqualTo(1));
            waiting.grant("");
            assertThat(door.legs).isEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void later_clientGoesAway_isAbandonedOnce(boolean reset) throws Exception {
        assumeTrue(noticesLeavingWhileWaiting(), "leaving is noticed only by the answer");
        FakeDoor.Waiting waiting = door.keepsWaiting(LONG);
        try (RawSocket raw = ask("")) {
            door.handshakes.take();
            leave(raw, reset);
            await().untilAsserted(() -> assertThat(waiting.abandoned()).isEqualTo(1));
            waiting.grant("");
            await().during(A_WHILE)
                    .untilAsserted(() -> assertThat(waiting.abandoned()).isEqualTo(1));
            assertThat(door.legs).isEmpty();
        }
    }

    @Test
    void later_saidOfAClientThatHasGone_isAbandonedOnce() throws Exception {
        assumeTrue(noticesLeavingWhileWaiting(), "leaving is noticed only by the answer");
        CompletableFuture<Admission> said = new CompletableFuture<>();
        FakeDoor.Waiting waiting = door.keepsWaiting(LONG);
        Admission later = door.answer.admit(null).toCompletableFuture().join();
        door.answer = handshake -> said;
        try (RawSocket raw = ask("")) {
            door.handshakes.take();
            raw.reset();
            said.complete(later);
            await().untilAsserted(() -> assertThat(waiting.abandoned()).isEqualTo(1));
            waiting.grant("");
            assertThat(waiting.abandoned()).isEqualTo(1);
            assertThat(door.legs).isEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void later_grantedToAClientThatHasGone_isAbandonedOrEndsAtOnce(boolean reset) throws Exception {
        FakeDoor.Waiting waiting = door.keepsWaiting(LONG);
        try (RawSocket raw = ask("")) {
            door.handshakes.take();
            leave(raw, reset);
            waiting.grant("");
            await().until(() -> waiting.abandoned() + door.legs.size() == 1);
            if (waiting.abandoned() == 0) {
                Ear ear = door.ear();
                ear.leg.demand();
                assertThat(ear.closed().code()).isEqualTo(CloseReason.VANISHED);
            }
            assertThat(waiting.abandoned() + door.legs.size()).isLessThanOrEqualTo(1);
        }
    }

    private static void leave(RawSocket raw, boolean reset) throws IOException {
        if (reset) {
            raw.reset();
        } else {
            raw.close();
        }
    }

    @Test
    void later_bytesBeforeTheAnswer_areDeliveredOrRefused() throws Exception {
        FakeDoor.Waiting waiting = door.keepsWaiting(LONG);
        try (RawSocket raw = RawSocket.connect(port)) {
            byte[] frame = RawSocket.frame(TEXT, "too early".getBytes(StandardCharsets.UTF_8), RawSocket.KEY);
            raw.write(RawSocket.upgrade(TARGET, "") + new String(frame, StandardCharsets.ISO_8859_1));
            door.handshakes.take();
            raw.send(TEXT, "and again");
            waiting.grant("");
            String head = raw.readHead();
            if (head.startsWith("HTTP/1.1 101 ")) {
                Ear ear = door.ear();
                assertThat(Ear.text(ear.next())).isEqualTo("too early");
                assertThat(Ear.text(ear.next())).isEqualTo("and again");
                assertThat(waiting.abandoned()).isZero();
            } else {
                assertThat(head).matches("(?s)HTTP/1.1 (4|5)\\d\\d .*");
                assertThat(door.legs).isEmpty();
            }
        }
    }

    private RawSocket ask(String furtherFields) throws IOException {
        RawSocket raw = RawSocket.connect(port);
        raw.write(RawSocket.upgrade(TARGET, furtherFields));
        return raw;
    }

    @Test
    void jdkClient_talksBothWays() throws Exception {
        CompletableFuture<String> heard = new CompletableFuture<>();
        CompletableFuture<Integer> closed = new CompletableFuture<>();
        WebSocket client = HttpClient.newHttpClient()
                .newWebSocketBuilder()
                .buildAsync(URI.create("ws://localhost:" + port + TARGET), new WebSocket.Listener() {
                    @Override
                    public CompletionStage<?> onText(WebSocket socket, CharSequence data, boolean last) {
                        heard.complete(data.toString());
                        socket.request(1);
                        return null;
                    }

                    @Override
                    public CompletionStage<?> onClose(WebSocket socket, int code, String reason) {
                        closed.complete(code);
                        return null;
                    }
                })
                .get(Ear.SECONDS, TimeUnit.SECONDS);
        Ear ear = door.ear();
        client.sendText("hello", true).get();
        assertThat(Ear.text(ear.next())).isEqualTo("hello");
        ear.send(Fragment.text("welcome"));
        assertThat(heard.get(Ear.SECONDS, TimeUnit.SECONDS)).isEqualTo("welcome");
        ear.leg.close(CloseReason.normal());
        assertThat(closed.get(Ear.SECONDS, TimeUnit.SECONDS)).isEqualTo(1000);
        assertThat(ear.closed().code()).isEqualTo(1000);
    }

    @Test
    void idleConnection_isLeftAlone() throws Exception {
        try (RawSocket raw = RawSocket.open(port, TARGET)) {
            Ear ear = door.ear();
            ear.leg.demand();
            await().during(Duration.ofSeconds(2)).atMost(Duration.ofSeconds(10)).until(() -> !ear.closed.isDone());
            raw.send(TEXT, "awake");
            assertThat(Ear.text(ear.fragments.poll(Ear.SECONDS, TimeUnit.SECONDS)))
                    .isEqualTo("awake");
        }
    }
}
