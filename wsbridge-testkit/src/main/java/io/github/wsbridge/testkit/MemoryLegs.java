package io.github.wsbridge.testkit;

import io.github.wsbridge.CloseReason;
import io.github.wsbridge.spi.Fragment;
import io.github.wsbridge.spi.Leg;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.EnumSet;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * A pair of legs in memory that keeps every rule except those that it is to break. All its work is done on one thread.
 */
public final class MemoryLegs implements AutoCloseable {

    /** A rule that can be broken. */
    public enum Fault {
        FORGETS_THE_SUBPROTOCOL,
        DELIVERS_WITHOUT_DEMAND,
        BUFFERS_WITHOUT_BOUND,
        DELIVERS_INSIDE_DEMAND,
        CALLS_FROM_TWO_THREADS,
        SWAPS_FRAGMENTS,
        LOSES_EMPTY_FRAGMENTS,
        TURNS_TEXT_INTO_BYTES,
        JOINS_MESSAGES,
        USES_MEMORY_AGAIN,
        LEAVES_THE_PAYLOAD,
        ANSWERS_NO_PING,
        DELIVERS_PINGS,
        LOSES_THE_REASON,
        INVENTS_A_CODE,
        CLOSE_OVERTAKES_DATA,
        LAST_CLOSE_COUNTS,
        ENDS_TWICE,
        SPEAKS_AFTER_THE_END,
        SENDS_AFTER_CLOSE,
        FORGETS_AN_EARLY_END,
        WAITS_FOR_AN_ANSWER_FOR_EVER,
        CLOSES_AT_ABORT,
        ABORT_WAITS_FOR_DATA,
        LEAVES_A_SEND_HANGING
    }

    private static final int WATERMARK = 64 * 1024;

    private final ScheduledThreadPoolExecutor loop = new ScheduledThreadPoolExecutor(1, MemoryLegs::daemon);
    private final Set<Fault> faults;
    private final Duration closeDeadline;

    /**
     * Creates the thread of a pair.
     *
     * @param faults the rules to break; empty for none
     * @param closeDeadline the time limit of an unanswered close
     */
    public MemoryLegs(Set<Fault> faults, Duration closeDeadline) {
        this.faults = faults.isEmpty() ? EnumSet.noneOf(Fault.class) : EnumSet.copyOf(faults);
        this.closeDeadline = closeDeadline;
    }

    private static Thread daemon(Runnable task) {
        Thread thread = new Thread(task, "memory-legs");
        thread.setDaemon(true);
        return thread;
    }

    /** Creates a pair. */
    public LegPair connect(String subprotocol) {
        MemoryLeg near = new MemoryLeg(broken(Fault.FORGETS_THE_SUBPROTOCOL) ? "" : subprotocol);
        MemoryLeg far = new MemoryLeg(subprotocol);
        near.peer = far;
        far.peer = near;
        return new LegPair(near, far);
    }

    /** Returns a leg whose peer accepts data and answers nothing. */
    public Leg connectToSilentPeer() {
        LegPair pair = connect("");
        ((MemoryLeg) pair.far()).mute = true;
        return pair.near();
    }

    @Override
    public void close() {
        try {
            loop.submit(() -> {}).get(20, TimeUnit.SECONDS); // earlier tasks are done, including an abort's calls
        } catch (InterruptedException | ExecutionException | TimeoutException e) {
            throw new IllegalStateException("the legs' thread is stuck", e);
        } finally {
            loop.shutdownNow();
        }
    }

    private boolean broken(Fault fault) {
        return faults.contains(fault);
    }

    /** An item in transit: a fragment with the stage of its send, or a close frame. */
    private record Item(
            @Nullable Fragment fragment,
            @Nullable CompletableFuture<Void> done,
            @Nullable CloseReason close) {
        int size() {
            return fragment == null ? 0 : fragment.payload().remaining() + 1;
        }
    }

    private final class MemoryLeg implements Leg {
        private final String subprotocol;
        private volatile boolean closing;

        // The remaining fields are confined to the loop.
        private final Deque<Item> incoming = new ArrayDeque<>();
        private final ByteBuffer shared = ByteBuffer.allocate(1 << 20);
        private MemoryLeg peer = this; // set once by connect()
        private @Nullable Receiver receiver;
        private @Nullable CompletableFuture<Void> waiting; // the peer's send, until there is room for more
        private int buffered;
        private boolean demanded;
        private boolean mute;
        private @Nullable CloseReason given;
        private @Nullable CloseReason end;
        private boolean endTold;

        MemoryLeg(String subprotocol) {
            this.subprotocol = subprotocol;
        }

        @Override
        public String subprotocol() {
            return subprotocol;
        }

        @Override
        public void open(Receiver to) {
            loop.execute(() -> {
                receiver = to;
                if (end != null && broken(Fault.FORGETS_AN_EARLY_END)) {
                    endTold = true;
                }
                deliver();
            });
        }

        @Override
        public void demand() {
            if (broken(Fault.DELIVERS_INSIDE_DEMAND)
                    && Thread.currentThread().getName().startsWith("memory")) {
                demanded = true;
                deliver();
                return;
            }
            loop.execute(() -> {
                demanded = true;
                deliver();
            });
        }

        @Override
        public CompletionStage<Void> send(Fragment fragment) {
            CompletableFuture<Void> done = new CompletableFuture<>();
            if (closing && !broken(Fault.SENDS_AFTER_CLOSE)) {
                done.completeExceptionally(new IOException("closed"));
                return done;
            }
            Fragment copy = LegFixture.copy(fragment);
            if (!broken(Fault.LEAVES_THE_PAYLOAD)) {
                fragment.payload().position(fragment.payload().limit());
            }
            loop.execute(() -> {
                if (broken(Fault.SENDS_AFTER_CLOSE) && end != null) {
                    done.complete(null);
                } else if (end != null || peer.end != null) {
                    done.completeExceptionally(new IOException("closed"));
                } else {
                    peer.take(new Item(changed(copy), done, null));
                }
            });
            return done;
        }

        private Fragment changed(Fragment fragment) {
            if (broken(Fault.TURNS_TEXT_INTO_BYTES)) {
                return new Fragment(Fragment.Kind.BINARY, fragment.payload(), fragment.last());
            }
            return broken(Fault.JOINS_MESSAGES) && fragment.payload().remaining() == 7
                    ? new Fragment(fragment.kind(), fragment.payload(), false)
                    : fragment;
        }

        private void take(Item item) {
            if (mute) {
                if (item.done() != null) {
                    item.done().complete(null);
                }
                return;
            }
            boolean lost = broken(Fault.LOSES_EMPTY_FRAGMENTS) && item.size() == 1;
            if (broken(Fault.SWAPS_FRAGMENTS) && !incoming.isEmpty() && item.close() == null) {
                incoming.addFirst(item);
            } else if (broken(Fault.CLOSE_OVERTAKES_DATA) && item.close() != null) {
                incoming.addFirst(item);
            } else if (!lost) {
                incoming.addLast(item);
            }
            buffered += item.size();
            if (item.done() != null) {
                waiting = item.done();
            }
            if (broken(Fault.BUFFERS_WITHOUT_BOUND) && waiting != null) {
                waiting.complete(null);
            }
            release();
            deliver();
        }

        private void deliver() {
            while (receiver != null && !endTold) {
                if (end != null) {
                    if (broken(Fault.ABORT_WAITS_FOR_DATA) && !incoming.isEmpty()) {
                        return;
                    }
                    endTold = true;
                    receiver.onClosed(end);
                    if (broken(Fault.ENDS_TWICE)) {
                        receiver.onClosed(end);
                    }
                    if (broken(Fault.SPEAKS_AFTER_THE_END)) {
                        receiver.onPong();
                    }
                    return;
                }
                Item next = incoming.peekFirst();
                if (next == null || next.close() == null && !demanded && !broken(Fault.DELIVERS_WITHOUT_DEMAND)) {
                    return;
                }
                incoming.removeFirst();
                buffered -= next.size();
                CloseReason close = next.close();
                Fragment fragment = next.fragment();
                if (close != null) {
                    closing = true;
                    finish(close);
                    if (peer.end == null) {
                        peer.answered(given == null ? close : given);
                    }
                } else if (fragment != null) {
                    demanded = false;
                    tell(receiver, fragment);
                    release();
                }
            }
        }

        private void tell(Receiver to, Fragment fragment) {
            if (broken(Fault.USES_MEMORY_AGAIN)) {
                shared.clear().put(fragment.payload()).flip();
                to.onFragment(new Fragment(fragment.kind(), shared.duplicate(), fragment.last()));
            } else if (broken(Fault.CALLS_FROM_TWO_THREADS)) {
                new Thread(to::onPong).start();
                to.onFragment(fragment);
            } else {
                to.onFragment(fragment);
            }
        }

        private void release() {
            if (buffered < WATERMARK && waiting != null) {
                waiting.complete(null);
                waiting = null;
            }
        }

        /** The peer has answered this leg's close, or closed at the same time. */
        private void answered(CloseReason reason) {
            if (incoming.isEmpty()) {
                finish(reason);
                deliver();
            } else {
                incoming.addLast(new Item(null, null, reason));
                deliver();
            }
        }

        private void finish(CloseReason reason) {
            closing = true;
            end = end == null ? reason : end;
            for (MemoryLeg leg : new MemoryLeg[] {this, peer}) {
                if (!broken(Fault.LEAVES_A_SEND_HANGING) && (leg == this || end.code() == CloseReason.VANISHED)) {
                    if (leg.waiting != null) {
                        leg.waiting.completeExceptionally(new IOException("ended"));
                    }
                }
            }
        }

        @Override
        public void ping() {
            loop.execute(() -> {
                if (end != null || peer.end != null) {
                    return;
                }
                if (broken(Fault.DELIVERS_PINGS)) {
                    peer.take(new Item(Fragment.text("ping"), null, null));
                }
                if (!broken(Fault.ANSWERS_NO_PING) && receiver != null) {
                    receiver.onPong();
                }
            });
        }

        @Override
        public void close(CloseReason reason) {
            closing = true;
            CloseReason said = broken(Fault.LOSES_THE_REASON)
                    ? new CloseReason(reason.code(), "")
                    : broken(Fault.INVENTS_A_CODE) && reason.code() == CloseReason.NO_STATUS
                            ? CloseReason.normal()
                            : reason;
            loop.execute(() -> {
                if (broken(Fault.LAST_CLOSE_COUNTS) && given != null) {
                    given = said;
                    peer.end = peer.end == null ? said : peer.end;
                }
                if (given != null || end != null) {
                    return;
                }
                given = said;
                if (!broken(Fault.LAST_CLOSE_COUNTS)) {
                    peer.take(new Item(null, null, said));
                } else {
                    loop.schedule(() -> peer.take(new Item(null, null, given)), 300, TimeUnit.MILLISECONDS);
                }
                if (!broken(Fault.WAITS_FOR_AN_ANSWER_FOR_EVER)) {
                    loop.schedule(this::giveUp, closeDeadline.toMillis(), TimeUnit.MILLISECONDS);
                }
            });
        }

        private void giveUp() {
            if (end == null && given != null) {
                finish(given);
                deliver();
            }
        }

        @Override
        public void abort() {
            closing = true;
            loop.execute(() -> {
                CloseReason reason = broken(Fault.CLOSES_AT_ABORT) ? CloseReason.normal() : CloseReason.vanished("");
                for (MemoryLeg leg : new MemoryLeg[] {this, peer}) {
                    if (leg.end == null) {
                        leg.finish(reason);
                        leg.deliver();
                    }
                }
            });
        }
    }
}
