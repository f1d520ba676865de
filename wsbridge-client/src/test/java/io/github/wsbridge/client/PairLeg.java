package io.github.wsbridge.client;

import io.github.wsbridge.CloseReason;
import io.github.wsbridge.spi.Fragment;
import io.github.wsbridge.spi.Leg;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Deque;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * One of two legs connected to each other in memory. A send completes when the peer's receiver has the fragment.
 */
final class PairLeg implements Leg {

    private record Item(Fragment fragment, CloseReason close, CompletableFuture<Void> sent) {}

    /** All reasons that this side was closed with, in order. */
    final BlockingQueue<CloseReason> closes = new LinkedBlockingQueue<>();

    final AtomicInteger demands = new AtomicInteger();
    private final String subprotocol;
    private final Deque<Item> incoming = new ConcurrentLinkedDeque<>();
    private final AtomicInteger news = new AtomicInteger();
    private PairLeg peer;
    private volatile Receiver receiver;
    private volatile boolean demanded;
    private volatile boolean closing;
    private boolean ended; // inside drain() only
    volatile boolean aborted;
    volatile boolean mute;

    private PairLeg(String subprotocol) {
        this.subprotocol = subprotocol;
    }

    /** Creates a pair; the second leg is the {@link #peer()} of the first. */
    static PairLeg pair(String subprotocol) {
        PairLeg one = new PairLeg(subprotocol);
        PairLeg other = new PairLeg(subprotocol);
        one.peer = other;
        other.peer = one;
        return one;
    }

    PairLeg peer() {
        return peer;
    }

    @Override
    public String subprotocol() {
        return subprotocol;
    }

    @Override
    public void open(Receiver to) {
        receiver = to;
        drain();
    }

    @Override
    public void demand() {
        if (demanded) {
            throw new AssertionError("demand while another is pending");
        }
        demands.incrementAndGet();
        demanded = true;
        drain();
    }

    @Override
    public CompletionStage<Void> send(Fragment fragment) {
        if (closing) {
            return CompletableFuture.failedFuture(new IOException("closed"));
        }
        CompletableFuture<Void> sent = new CompletableFuture<>();
        peer.incoming.add(new Item(fragment, null, sent));
        peer.drain();
        return sent;
    }

    @Override
    public void ping() {
        if (!peer.mute) {
            receiver.onPong();
        }
    }

    @Override
    public void close(CloseReason reason) {
        closes.add(reason);
        if (!closing) {
            closing = true;
            peer.incoming.add(new Item(null, reason, null));
            peer.drain();
            drain();
        }
    }

    @Override
    public void abort() {
        aborted = true;
        closing = true;
        CloseReason vanished = CloseReason.vanished("aborted");
        incoming.addFirst(new Item(null, vanished, null));
        peer.incoming.addFirst(new Item(null, vanished, null));
        drain();
        peer.drain();
    }

    private void drain() {
        if (news.getAndIncrement() != 0) {
            return;
        }
        do {
            while (step()) {}
        } while (news.decrementAndGet() > 0);
    }

    private boolean step() {
        Item item = incoming.peek();
        Receiver to = receiver;
        if (item == null || to == null && !closing) {
            return false;
        }
        if (item.close() != null) {
            incoming.remove(item);
            if (!ended && to != null) {
                ended = true;
                boolean answer = !closing;
                closing = true;
                to.onClosed(item.close());
                if (answer) {
                    peer.incoming.add(new Item(null, item.close(), null));
                    peer.drain();
                }
            }
            incoming.removeIf(
                    late -> late.sent() != null && late.sent().completeExceptionally(new IOException("closed")));
            return true;
        }
        if (closing || ended) {
            incoming.remove(item);
            item.sent().completeExceptionally(new IOException("closed"));
            return true;
        }
        if (!demanded) {
            return false;
        }
        demanded = false;
        incoming.remove(item);
        ByteBuffer payload = item.fragment().payload();
        ByteBuffer copy = ByteBuffer.allocate(payload.remaining()).put(payload).flip();
        to.onFragment(new Fragment(item.fragment().kind(), copy, item.fragment().last()));
        item.sent().complete(null);
        return true;
    }
}
