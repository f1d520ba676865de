package io.github.wsbridge.testkit;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.concurrent.TimeUnit.MILLISECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.wsbridge.spi.Fragment;
import io.github.wsbridge.spi.Fragment.Kind;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;

/** The part of {@link LegContract} about fragments and pings. */
abstract class LegFlow extends LegFixture {

    private static final int MANY = 20_000;

    @Test
    void subprotocol_agreedOn_isKnownToBothEnds() throws Exception {
        LegPair pair = unopened("contract.v1");
        assertThat(pair.near().subprotocol()).isEqualTo("contract.v1");
        assertThat(pair.far().subprotocol()).isEqualTo("contract.v1");
    }

    @Test
    void subprotocol_none_isEmpty() throws Exception {
        LegPair pair = unopened("");
        assertThat(pair.near().subprotocol()).isEmpty();
        assertThat(pair.far().subprotocol()).isEmpty();
    }

    @Test
    void demand_one_deliversExactlyOneFragment() throws Exception {
        bothWays((from, to) -> {
            List<Fragment> messages = new ArrayList<>();
            for (int i = 0; i < 5; i++) {
                messages.add(Fragment.text("message " + i));
            }
            CompletableFuture<Void> sending = inBackground(() -> send(from, messages));
            staysAt(0, to);
            for (int i = 1; i <= messages.size(); i++) {
                to.demand();
                to.awaitFragments(i, patience());
                staysAt(i, to);
            }
            sending.get(patience().toMillis(), MILLISECONDS);
            assertThat(to.messages()).isEqualTo(messages);
        });
    }

    @Test
    void demand_afterTheFragmentArrived_deliversIt() throws Exception {
        LegPair pair = unopened("");
        RecordingReceiver far = listen(pair.far());
        far.leg().send(Fragment.text("early"));
        RecordingReceiver near = listen(pair.near());
        staysAt(0, near);
        near.demand();
        assertThat(near.awaitMessages(1, patience())).containsExactly(Fragment.text("early"));
    }

    @Test
    void demand_insideOnFragment_keepsTheStackFlat() throws Exception {
        bothWays((from, to) -> {
            CompletableFuture<Void> sending = inBackground(() -> {
                for (int i = 0; i < MANY; i++) {
                    send(from, Fragment.binary(ByteBuffer.wrap(new byte[] {(byte) i})));
                }
            });
            staysAt(0, to); // so that much data is waiting at the first demand
            to.demandAlways();
            sending.get(3 * patience().toMillis(), MILLISECONDS);
            to.awaitMessages(MANY, patience());
            assertThat(to.violations()).isEmpty();
        });
    }

    @Test
    void send_withoutDemandOnTheOtherSide_buffersALimitedAmount() throws Exception {
        bothWays((from, to) -> {
            Flood flood = flood(from);
            assertThat(to.count()).as("delivered without demand").isZero();
            to.demandAlways();
            flood.waiting().get(patience().toMillis(), MILLISECONDS);
            List<Fragment> arrived = to.awaitMessages(flood.sent().size(), patience());
            assertThat(arrived.equals(flood.sent()))
                    .as("what arrived is what was sent")
                    .isTrue();
        });
    }

    @Test
    void send_messagesOfAllSizes_arriveUnchanged() throws Exception {
        bothWays((from, to) -> {
            List<Fragment> messages = new ArrayList<>();
            for (int size : new int[] {0, 1, 2, 125, 126, 127, 1000, 0, 16_384, 65_535, 65_536}) {
                messages.add(Fragment.binary(ByteBuffer.wrap(bytes(size, size))));
                messages.add(Fragment.text("x".repeat(size)));
            }
            messages.add(Fragment.text("Grüße, 日本, \uD83D\uDE80, \u0000"));
            arrives(messages, from, to);
        });
    }

    @Test
    void send_largeMessageInFragments_arrivesWhole() throws Exception {
        bothWays((from, to) -> {
            byte[] content = bytes(1 << 20, 1);
            List<Fragment> pieces = new ArrayList<>();
            for (int at = 0; at < content.length; at += 16_384) {
                ByteBuffer piece = ByteBuffer.wrap(content, at, 16_384).slice();
                pieces.add(new Fragment(Kind.BINARY, piece, at + 16_384 == content.length));
            }
            arrives(List.of(Fragment.binary(ByteBuffer.wrap(content))), pieces, from, to);
        });
    }

    @Test
    void send_textSplitInsideCharacters_arrivesWhole() throws Exception {
        bothWays((from, to) -> {
            String text = "aä€\uD83D\uDE80".repeat(3);
            byte[] utf8 = text.getBytes(UTF_8);
            List<Fragment> pieces = new ArrayList<>();
            for (int i = 0; i < utf8.length; i++) {
                pieces.add(new Fragment(Kind.TEXT, ByteBuffer.wrap(utf8, i, 1).slice(), i == utf8.length - 1));
            }
            arrives(List.of(Fragment.text(text)), pieces, from, to);
        });
    }

    private static List<Fragment> cuts() {
        return List.of(
                new Fragment(Kind.TEXT, UTF_8.encode("first "), false),
                new Fragment(Kind.TEXT, UTF_8.encode("message"), true),
                new Fragment(Kind.BINARY, ByteBuffer.wrap(new byte[] {1, 2}), false),
                new Fragment(Kind.BINARY, ByteBuffer.wrap(new byte[] {3}), false),
                new Fragment(Kind.BINARY, ByteBuffer.wrap(new byte[0]), true),
                Fragment.text("last"));
    }

    @Test
    void send_fragments_keepMessageBoundaries() throws Exception {
        bothWays((from, to) -> {
            arrives(
                    List.of(
                            Fragment.text("first message"),
                            Fragment.binary(ByteBuffer.wrap(new byte[] {1, 2, 3})),
                            Fragment.text("last")),
                    cuts(),
                    from,
                    to);
        });
    }

    @Test
    void send_fragments_keepTheirBoundaries() throws Exception {
        assumeTrue(preservesFragmentation(), "the transport may split fragments differently");
        bothWays((from, to) -> {
            to.demandAlways();
            send(from, cuts());
            to.awaitMessages(3, patience());
            assertThat(to.fragments()).isEqualTo(cuts());
        });
    }

    @Test
    void send_bothWaysAtOnce_arrivesInOrder() throws Exception {
        Ends ends = opened();
        List<Fragment> messages = new ArrayList<>();
        for (int i = 0; i < 2000; i++) {
            messages.add(
                    i % 3 == 0
                            ? Fragment.text("number " + i)
                            : Fragment.binary(ByteBuffer.wrap(bytes(i * 37 % 9000, i))));
        }
        ends.near().demandAlways();
        ends.far().demandAlways();
        CompletableFuture<Void> there = inBackground(() -> send(ends.near(), messages));
        CompletableFuture<Void> back = inBackground(() -> send(ends.far(), messages));
        there.get(3 * patience().toMillis(), MILLISECONDS);
        back.get(3 * patience().toMillis(), MILLISECONDS);
        for (RecordingReceiver end : List.of(ends.near(), ends.far())) {
            end.awaitFragments(messages.size(), patience());
            assertThat(end.awaitMessages(messages.size(), patience()).equals(messages))
                    .as("what arrived is what was sent")
                    .isTrue();
        }
    }

    @Test
    void send_anyKindOfBuffer_isConsumed() throws Exception {
        bothWays((from, to) -> {
            byte[] content = bytes(300, 5);
            ByteBuffer direct = ByteBuffer.allocateDirect(400).position(50);
            direct.put(content).flip().position(50);
            ByteBuffer offset = ByteBuffer.allocate(500).position(100).slice();
            offset.put(content).flip();
            List<ByteBuffer> buffers = List.of(
                    direct, offset, ByteBuffer.wrap(content.clone()).asReadOnlyBuffer(), direct.asReadOnlyBuffer());
            to.demandAlways();
            for (ByteBuffer buffer : buffers) {
                send(from, Fragment.binary(buffer));
                assertThat(buffer.hasRemaining()).as("left over in " + buffer).isFalse();
            }
            assertThat(to.awaitMessages(4, patience())).containsOnly(Fragment.binary(ByteBuffer.wrap(content)));
        });
    }

    @Test
    void ping_isAnsweredWithAPong() throws Exception {
        bothWays((from, to) -> {
            from.demand();
            to.demand();
            from.leg().ping();
            from.awaitPongs(1, patience());
            assertThat(to.pongs()).as("pongs without a ping").isZero();
        });
    }

    @Test
    void ping_whileThePeerHasNoDemand_isAnswered() throws Exception {
        assumeTrue(answersPingsWithoutDemand(), "pings wait for demand");
        bothWays((from, to) -> {
            from.demand();
            from.leg().ping();
            from.awaitPongs(1, patience());
        });
    }

    @Test
    void ping_betweenFragments_isNotDelivered() throws Exception {
        bothWays((from, to) -> {
            from.demandAlways();
            to.demandAlways();
            send(from, new Fragment(Kind.TEXT, UTF_8.encode("one "), false));
            from.leg().ping();
            to.leg().ping();
            send(from, new Fragment(Kind.TEXT, UTF_8.encode("message"), true));
            assertThat(to.awaitMessages(1, patience())).containsExactly(Fragment.text("one message"));
            from.awaitPongs(1, patience());
            to.awaitPongs(1, patience());
            assertThat(from.count()).isZero();
        });
    }

    private void arrives(List<Fragment> messages, RecordingReceiver from, RecordingReceiver to) throws Exception {
        arrives(messages, messages, from, to);
    }

    private void arrives(List<Fragment> messages, List<Fragment> pieces, RecordingReceiver from, RecordingReceiver to)
            throws Exception {
        to.demandAlways();
        send(from, pieces);
        List<Fragment> arrived = to.awaitMessages(messages.size(), patience());
        assertThat(arrived).hasSameSizeAs(messages);
        for (int i = 0; i < messages.size(); i++) {
            assertThat(arrived.get(i).equals(messages.get(i)))
                    .as("message %s arrived as %s, was sent as %s", i, arrived.get(i), messages.get(i))
                    .isTrue();
        }
    }

    /** A task that sends. */
    @FunctionalInterface
    interface Sending {
        void run() throws Exception;
    }

    private static CompletableFuture<Void> inBackground(Sending sending) {
        return CompletableFuture.runAsync(
                () -> {
                    try {
                        sending.run();
                    } catch (Exception e) {
                        throw new CompletionException(e);
                    }
                },
                task -> {
                    Thread thread = new Thread(task, "contract-sender");
                    thread.setDaemon(true);
                    thread.start();
                });
    }
}
