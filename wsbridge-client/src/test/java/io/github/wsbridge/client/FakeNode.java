package io.github.wsbridge.client;

import com.grack.nanojson.JsonObject;
import com.grack.nanojson.JsonParser;
import com.grack.nanojson.JsonParserException;
import io.github.wsbridge.CloseReason;
import io.github.wsbridge.Endpoints;
import io.github.wsbridge.Query;
import io.github.wsbridge.Rejection;
import io.github.wsbridge.spi.Connector;
import io.github.wsbridge.spi.Fragment;
import io.github.wsbridge.spi.Leg;
import io.github.wsbridge.wire.message.RejectionJson;
import java.io.IOException;
import java.net.URI;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A bridge node in memory, as seen by clients: it records all requests, and joins requesters and devices unless the
 * test does that.
 */
final class FakeNode implements Connector {

    static final URI BASE = URI.create("ws://node.test");
    static final String ID = "0123456789abcdef0123456789abcdef";

    /** One call of {@link #connect}: the target, and the node's response. */
    record Call(Target target, CompletableFuture<Leg> answer) {

        String path() {
            return target.uri().getPath();
        }

        String parameter(String name) {
            return Query.parse(target.uri().getRawQuery()).get(name);
        }

        /** Opens the WebSocket and returns the node's side. */
        PairLeg open(String subprotocol) {
            PairLeg near = PairLeg.pair(subprotocol);
            answer.complete(near);
            return near.peer();
        }

        PairLeg open() {
            return open(target.subprotocol());
        }

        void fail(IOException failure) {
            answer.completeExceptionally(failure);
        }
    }

    /** All calls, in order; a scripted node leaves their answers to the test. */
    final BlockingQueue<Call> calls = new LinkedBlockingQueue<>();

    private final boolean joins;
    private final AtomicInteger tokens = new AtomicInteger();
    private final Map<String, PairLeg> requesters = new ConcurrentHashMap<>();
    private final Map<String, PairLeg> devices = new ConcurrentHashMap<>();

    private FakeNode(boolean joins) {
        this.joins = joins;
    }

    /** Creates a node whose responses come from the test. */
    static FakeNode scripted() {
        return new FakeNode(false);
    }

    /** Creates a node that answers by itself. */
    static FakeNode joining() {
        return new FakeNode(true);
    }

    Call call() throws InterruptedException {
        Call call = calls.poll(10, TimeUnit.SECONDS);
        if (call == null) {
            throw new AssertionError("no call");
        }
        return call;
    }

    @Override
    public CompletionStage<Leg> connect(Target target) {
        Call call = new Call(target, new CompletableFuture<>());
        calls.add(call);
        if (joins) {
            serve(call);
        }
        return call.answer();
    }

    private void serve(Call call) {
        switch (call.path()) {
            case Endpoints.LISTEN -> {
                PairLeg leg = call.open();
                devices.put(call.parameter(Endpoints.DEVICE_ID), leg);
                leg.open(new Rejections(leg));
                leg.demand();
            }
            case Endpoints.CONNECT -> {
                String token = "t" + tokens.incrementAndGet();
                PairLeg leg = call.open();
                requesters.put(token, leg);
                PairLeg device = devices.get(call.parameter(Endpoints.DEVICE_ID));
                if (device == null) {
                    leg.close(new CloseReason(CloseReason.UNREACHABLE, ""));
                } else {
                    device.send(Fragment.text(invitation(token, call.parameter(Endpoints.REQUEST_DATA))));
                }
            }
            default -> {
                PairLeg device = call.open();
                PairLeg requester = requesters.remove(call.parameter(Endpoints.BRIDGE_TOKEN));
                if (requester == null) {
                    device.close(new CloseReason(CloseReason.BAD_TOKEN, ""));
                } else if (call.parameter(Endpoints.REJECT_CODE) != null) {
                    requester.close(CloseReason.rejected(new Rejection(
                            Integer.parseInt(call.parameter(Endpoints.REJECT_CODE)),
                            call.parameter(Endpoints.REJECT_REASON))));
                    device.close(CloseReason.normal());
                } else {
                    requester.send(Fragment.text(established()));
                    device.send(Fragment.text(established()));
                    requester.open(new Relay(requester, device));
                    device.open(new Relay(device, requester));
                    requester.demand();
                    device.demand();
                }
            }
        }
    }

    static String established() {
        return "{\"type\":\"established\",\"bridgeId\":\"" + ID + "\",\"more\":[1]}";
    }

    static String invitation(String token, String requestData) {
        return invitation(token, requestData, "ws://node.test/bridge/accept?bridgeToken=" + token);
    }

    static String invitation(String token, String requestData, String acceptUrl) {
        return "{\"type\":\"invitation\",\"bridgeId\":\"" + ID + "\",\"bridgeToken\":\"" + token + "\",\"acceptUrl\":\""
                + acceptUrl + "\",\"requestData\":\"" + (requestData == null ? "" : requestData) + "\",\"expiresAt\":\""
                + Instant.now().plusSeconds(30) + "\"}";
    }

    private final class Rejections implements Leg.Receiver {
        private final PairLeg leg;

        Rejections(PairLeg leg) {
            this.leg = leg;
        }

        @Override
        public void onFragment(Fragment fragment) {
            try {
                JsonObject message = JsonParser.object().from(QueueReceiver.text(fragment));
                requesters
                        .remove(message.getString("bridgeToken"))
                        .close(CloseReason.rejected(RejectionJson.read(message)));
            } catch (JsonParserException e) {
                throw new AssertionError(e);
            }
            leg.demand();
        }

        @Override
        public void onClosed(CloseReason reason) {}
    }

    private record Relay(Leg from, Leg to) implements Leg.Receiver {

        @Override
        public void onFragment(Fragment fragment) {
            to.send(fragment).whenComplete((sent, failure) -> {
                if (failure == null) {
                    from.demand();
                }
            });
        }

        @Override
        public void onClosed(CloseReason reason) {
            to.close(reason);
        }
    }
}
