package io.github.wsbridge.core.admission;

import io.github.wsbridge.BridgeRequest;
import io.github.wsbridge.BridgeToken;
import io.github.wsbridge.CloseReason;
import io.github.wsbridge.Endpoints;
import io.github.wsbridge.Hop;
import io.github.wsbridge.Query;
import io.github.wsbridge.Rejection;
import io.github.wsbridge.TraceContext;
import io.github.wsbridge.core.bridges.Accepts;
import io.github.wsbridge.core.bridges.Requester;
import io.github.wsbridge.core.limits.Crowded;
import io.github.wsbridge.core.limits.Holder;
import io.github.wsbridge.core.limits.Limits;
import io.github.wsbridge.core.peers.NodeCredentials;
import io.github.wsbridge.spi.AccessPolicy;
import io.github.wsbridge.spi.AccessPolicy.Access;
import io.github.wsbridge.spi.AccessPolicy.AccessRequest;
import io.github.wsbridge.spi.AccessPolicy.Action;
import io.github.wsbridge.spi.Admission;
import io.github.wsbridge.spi.BridgeListener;
import io.github.wsbridge.spi.Handshake;
import io.github.wsbridge.spi.Leg;
import io.github.wsbridge.spi.Peer;
import io.github.wsbridge.wire.concurrent.Deadlines;
import io.github.wsbridge.wire.relay.EndAwaiter;
import io.github.wsbridge.wire.trace.TraceFields;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Decides on handshakes, and on connections to exposed ports. Every refusal with an HTTP status, before the upgrade, is
 * decided here.
 */
public final class Admissions {

    private static final Logger log = LoggerFactory.getLogger(Admissions.class);
    private static final Duration RETRY_AFTER = Duration.ofSeconds(5);
    private static final Admission OK = new Admission.Refused(200, "ok");
    private static final Admission.Refused DENIED = new Admission.Refused(401, "access denied");
    /** Stands for the answer after the upgrade. */
    private static final Admission.Refused NOTHING = new Admission.Refused(401, "");

    private static final Set<String> PATHS =
            Set.of(Endpoints.CONNECT, Endpoints.ACCEPT, Endpoints.LISTEN, Endpoints.PEER, Endpoints.SIGNED_URL);
    private static final Admission.Refused BAD_SIGNED_URL =
            new Admission.Refused(403, "this signed URL is not valid, or not any more");
    private static final Admission UNSIGNED =
            new Admission.Refused(403, "no URL can be signed with credentials of this kind");
    private static final Admission NOT_READY = new Admission.Refused(503, "not ready");

    private static final AccessPolicy TRUSTED = request ->
            CompletableFuture.completedFuture(new Access.Granted(request.peer().address()));

    private final Destinations destinations;
    private final PeerAdmissions nodes;
    private final AccessPolicy policy;
    private final Limits limits;
    private final Brakes brakes;
    private final ForwardedPeers proxies;
    private final ScheduledExecutorService scheduler;
    private final BridgeListener events;
    private final BrowserRules browsers;
    private final SignedUrls signedUrls;
    private final boolean acceptCredential;

    public Admissions(
            Destinations destinations,
            PeerAdmissions nodes,
            AccessPolicy policy,
            Limits limits,
            Brakes brakes,
            ForwardedPeers proxies,
            ScheduledExecutorService scheduler,
            BridgeListener events,
            BrowserRules browsers,
            SignedUrls signedUrls,
            boolean acceptCredential) {
        this.destinations = destinations;
        this.nodes = nodes;
        this.policy = policy;
        this.limits = limits;
        this.brakes = brakes;
        this.proxies = proxies;
        this.scheduler = scheduler;
        this.events = events;
        this.browsers = browsers;
        this.signedUrls = signedUrls;
        this.acceptCredential = acceptCredential;
    }

    public CompletionStage<Admission> admit(Handshake received) {
        Peer client = proxies.client(received.peer(), received.headers());
        return admit(client == received.peer() ? received : from(client, received), policy);
    }

    private static Handshake from(Peer client, Handshake received) {
        return new Handshake(
                received.method(),
                received.path(),
                received.rawQuery(),
                received.upgrade(),
                received.headers(),
                client);
    }

    /** Admits a handshake on the internal door, which serves other nodes only. */
    public CompletionStage<Admission> admitInternal(Handshake handshake) {
        return answer(
                handshake,
                () -> isProbe(handshake) || PeerAdmissions.ofNode(handshake)
                        ? decide(handshake, policy, true)
                        : refused(404, "not found"));
    }

    private static boolean isProbe(Handshake handshake) {
        return handshake.path().equals(Endpoints.LIVEZ) || handshake.path().equals(Endpoints.READYZ);
    }

    /** Admits a handshake from inside this process, which needs no credentials. */
    public CompletionStage<Admission> admitTrusted(Handshake handshake) {
        return admit(handshake, TRUSTED);
    }

    private CompletionStage<Admission> admit(Handshake handshake, AccessPolicy by) {
        return answer(handshake, () -> decide(handshake, by, !nodes.apart()));
    }

    /**
     * Decides on a connection to an exposed port, which is treated as a handshake without any content.
     *
     * @param port the port's address
     * @param request what the port requests for each connection
     * @param by the port's own policy
     */
    public CompletionStage<Admission> expose(String port, BridgeRequest request, Peer client, AccessPolicy by) {
        Handshake connection = new Handshake(port, null, false, name -> List.of(), client);
        return answer(
                connection,
                () -> allowed(connection, Query.parse(null), by, Action.EXPOSE, request.deviceId(), access -> {
                    String principal = access.principal() + " at " + port;
                    Requester requester = new Requester(
                            principal,
                            port,
                            client.address(),
                            holder(by, principal, client),
                            access.valid(),
                            TraceContext.NONE);
                    Admission refusal = refusal(requester);
                    return refusal != null
                            ? refusal
                            : granted(connection, leg -> destinations.expose(request, requester, leg));
                }));
    }

    private CompletionStage<Admission> answer(Handshake handshake, Supplier<CompletionStage<Admission>> decide) {
        CompletionStage<Admission> admission;
        try {
            admission = decide.get();
        } catch (IllegalArgumentException e) {
            admission = refused(400, String.valueOf(e.getMessage()));
        } catch (RuntimeException e) {
            admission = CompletableFuture.failedFuture(e);
        }
        return admission.handle((decision, failure) -> {
            Admission decided = decision;
            if (decided == null) {
                log.warn("failed to decide on {}", handshake, failure);
                decided = unavailable("the request cannot be handled now");
            }
            if (decided instanceof Admission.Refused refused && refused.status() != 200) {
                events.onRefused(
                        handshake.path(), refused.status(), handshake.peer().address());
            }
            return decided;
        });
    }

    /** @param servesNodes whether other nodes are served, too */
    private CompletionStage<Admission> decide(Handshake handshake, AccessPolicy by, boolean servesNodes) {
        String path = handshake.path();
        boolean probe = isProbe(handshake);
        boolean node = PeerAdmissions.ofNode(handshake);
        if (!probe && !PATHS.contains(path)) {
            return refused(404, "not found");
        }
        String method = path.equals(Endpoints.SIGNED_URL) ? "POST" : "GET";
        if (!handshake.method().equals(method) && !(probe && handshake.method().equals("HEAD"))) {
            return done(new Admission.Refused(405, "use " + method, null, Map.of("Allow", method)));
        }
        if (probe) {
            return done(path.equals(Endpoints.LIVEZ) || destinations.unready() == null ? OK : NOT_READY);
        }
        if (!servesNodes && node) {
            return refused(404, "other nodes are served on the internal port only");
        }
        if (!path.equals(Endpoints.SIGNED_URL) && !handshake.upgrade()) {
            return refused(426, "this is a WebSocket endpoint");
        }
        Admission.Refused tooFast = by == TRUSTED || node ? null : brakes.tooFast(handshake);
        if (tooFast != null) {
            return done(tooFast);
        }
        Query query = Query.parse(handshake.rawQuery());
        boolean signed = path.equals(Endpoints.CONNECT) && query.get(Endpoints.SIGNATURE) != null;
        String barred = node ? null : browsers.refusal(handshake, signed);
        if (barred != null) {
            return refused(403, barred);
        }
        return switch (path) {
            case Endpoints.CONNECT -> signed ? connectSigned(handshake, query, by) : connect(handshake, query, by);
            case Endpoints.SIGNED_URL -> signedUrl(handshake, query, by);
            case Endpoints.ACCEPT -> accept(handshake, query, by);
            case Endpoints.LISTEN -> listen(handshake, query, by);
            default -> peer(handshake);
        };
    }

    private CompletionStage<Admission> connect(Handshake handshake, Query query, AccessPolicy by) {
        boolean wait = wait(query);
        BridgeRequest request = request(query);
        return allowed(handshake, query, by, Action.CONNECT, request.deviceId(), access -> {
            Requester requester = requester(handshake, by, access);
            Admission refusal = refusal(requester);
            return refusal != null ? refusal : take(handshake, request, requester, wait);
        });
    }

    /** Like {@link #connect}; a URL that is good for one bridge is used up only if there is nothing else to refuse. */
    private CompletionStage<Admission> connectSigned(Handshake handshake, Query query, AccessPolicy by) {
        boolean wait = wait(query);
        BridgeRequest request = request(query);
        SignedUrls.Verified url = signedUrls.verify(query);
        if (url == null) {
            return brakes.failed(handshake, BAD_SIGNED_URL);
        }
        return allowedLater(handshake, query, by, Action.CONNECT_SIGNED, request.deviceId(), access -> {
            Requester requester = requester(handshake, by, access);
            Admission refusal = refusal(requester);
            return refusal != null
                    ? done(refusal)
                    : url.use().thenApply(good -> good ? take(handshake, request, requester, wait) : BAD_SIGNED_URL);
        });
    }

    private Admission take(Handshake handshake, BridgeRequest request, Requester requester, boolean wait) {
        return wait
                ? destinations.requestAndWait(request, requester, subprotocol(handshake))
                : granted(handshake, leg -> destinations.request(request, requester, leg));
    }

    private static Requester requester(Handshake handshake, AccessPolicy by, Access.Granted access) {
        return new Requester(
                access.principal(),
                handshake.path(),
                handshake.peer().address(),
                holder(by, access.principal(), handshake.peer()),
                access.valid(),
                TraceFields.read(handshake.headers()));
    }

    private BridgeRequest request(Query query) {
        String data = query.get(Endpoints.REQUEST_DATA);
        String reason = query.get(Endpoints.REASON);
        BridgeRequest request =
                new BridgeRequest(deviceId(query), data == null ? "" : data, reason == null ? "" : reason);
        check(request);
        return request;
    }

    /** Answers with a signed URL, for who may connect to the device. */
    private CompletionStage<Admission> signedUrl(Handshake handshake, Query query, AccessPolicy by) {
        BridgeRequest request = request(query);
        SignedUrlWish wish = SignedUrlWish.of(query, limits.maxSignedLifetime());
        return allowedLater(handshake, query, by, Action.CONNECT, request.deviceId(), access -> {
            Admission refusal = refusal(requester(handshake, by, access));
            return refusal != null
                    ? done(refusal)
                    : mayUseSigned(handshake, by, request.deviceId(), access.principal())
                            .thenApply(may -> may
                                    ? SignedUrlWish.answer(signedUrls.sign(request, access.principal(), wish))
                                    : UNSIGNED);
        });
    }

    /** Returns whether the policy will honour a URL of this principal: not every credential can be checked later. */
    private CompletionStage<Boolean> mayUseSigned(
            Handshake handshake, AccessPolicy by, String deviceId, String principal) {
        Query later = Query.parse(Endpoints.PRINCIPAL + "=" + URLEncoder.encode(principal, StandardCharsets.UTF_8));
        CompletionStage<Access> check = by.check(
                new AccessRequest(Action.CONNECT_SIGNED, deviceId, later, name -> List.of(), handshake.peer()));
        return Deadlines.within(limits.admissionTimeout(), check, scheduler)
                .thenApply(access -> access instanceof Access.Granted);
    }

    /** Returns why a permitted requester is refused now, or null if it is not. */
    private @Nullable Admission refusal(Requester requester) {
        CloseReason unavailable = destinations.unavailable(requester.holder());
        return unavailable != null ? unavailable(unavailable) : brakes.tooOften(requester.principal());
    }

    private static Holder holder(AccessPolicy by, String principal, Peer client) {
        return by == TRUSTED ? Holder.NOBODY : Holder.of(principal, client.address());
    }

    /** Throws an {@link IllegalArgumentException} if a request exceeds the limits. */
    public void check(BridgeRequest request) {
        if (request.deviceId().getBytes(StandardCharsets.UTF_8).length > limits.maxDeviceIdBytes()) {
            throw new IllegalArgumentException("deviceId is longer than " + limits.maxDeviceIdBytes() + " bytes");
        }
        if (request.requestData().getBytes(StandardCharsets.UTF_8).length > limits.maxRequestDataBytes()) {
            throw new IllegalArgumentException("requestData is longer than " + limits.maxRequestDataBytes() + " bytes");
        }
    }

    private CompletionStage<Admission> accept(Handshake handshake, Query query, AccessPolicy by) {
        Rejection rejection = rejection(query.get(Endpoints.REJECT_CODE), query.get(Endpoints.REJECT_REASON));
        if (PeerAdmissions.ofNode(handshake)) {
            return forwarded(handshake, rejection);
        }
        String value = query.get(Endpoints.BRIDGE_TOKEN);
        if (value == null) {
            throw new IllegalArgumentException(Endpoints.BRIDGE_TOKEN + " is missing");
        }
        BridgeToken token = new BridgeToken(value);
        CloseReason unavailable = destinations.unavailable(token, Hop.DIRECT);
        if (unavailable != null) {
            return done(unavailable(unavailable));
        }
        Admission granted = accepting(handshake, token, rejection, "");
        String deviceId = destinations.deviceOf(token);
        if (deviceId == null) {
            Admission closed = acceptCredential ? badToken(handshake) : granted;
            return brakes.failed(handshake, NOTHING).thenApply(answer -> answer == NOTHING ? closed : answer);
        }
        if (!acceptCredential) {
            return done(granted);
        }
        // The node at which the device arrives decides, since it alone sees the device; hence tokens name their
        // devices.
        return deviceId.isEmpty()
                ? refused(403, "this token does not name its device; all nodes need the same setting")
                : allowed(
                        handshake,
                        query,
                        by,
                        Action.ACCEPT,
                        deviceId,
                        access -> accepting(handshake, token, rejection, access.principal()));
    }

    private Admission accepting(
            Handshake handshake, BridgeToken token, @Nullable Rejection rejection, String principal) {
        TraceContext from = TraceFields.read(handshake.headers()); // which may not be there any more when it is granted
        return granted(
                handshake, leg -> destinations.accept(token, rejection, client(handshake, principal), from, leg));
    }

    private static BridgeListener.Client client(Handshake handshake, String principal) {
        return new BridgeListener.Client(principal, handshake.peer().address());
    }

    /** Refuses with a close code, as always, without reading the token again: it could be good by then. */
    private Admission badToken(Handshake handshake) {
        return granted(handshake, leg -> {
            events.onRefused(
                    handshake.path(), Accepts.BAD_TOKEN.code(), handshake.peer().address());
            EndAwaiter.of(leg, Accepts.BAD_TOKEN);
        });
    }

    private CompletionStage<Admission> forwarded(Handshake handshake, @Nullable Rejection rejection) {
        NodeCredentials.Forwarded forwarded = nodes.forwarded(handshake, rejection != null);
        if (forwarded == null) {
            return badNode(handshake);
        }
        TraceContext from = TraceFields.read(handshake.headers());
        CloseReason unavailable = destinations.unavailable(forwarded.token(), Hop.FORWARDED);
        return done(
                unavailable != null
                        ? unavailable(unavailable)
                        : granted(
                                handshake,
                                leg -> destinations.forwarded(forwarded, rejection, client(handshake, ""), from, leg)));
    }

    private CompletionStage<Admission> badNode(Handshake handshake) {
        Admission.Refused tooFast = brakes.tooFast(handshake);
        return tooFast != null
                ? done(tooFast)
                : brakes.failed(handshake, new Admission.Refused(403, "bad node credential"));
    }

    private CompletionStage<Admission> listen(Handshake handshake, Query query, AccessPolicy by) {
        BridgeRequest device = new BridgeRequest(deviceId(query));
        check(device);
        String deviceId = device.deviceId();
        return allowed(handshake, query, by, Action.LISTEN, deviceId, access -> {
            Holder holder = holder(by, access.principal(), handshake.peer());
            CloseReason noRoom = destinations.noRoomToListen(deviceId, holder);
            Admission refusal = noRoom != null
                    ? unavailable(noRoom)
                    : by == TRUSTED ? null : brakes.tooOften("listeners of " + access.principal());
            if (refusal != null) {
                return refusal;
            }
            BridgeListener.Client client = client(handshake, access.principal());
            return destinations.listen(deviceId, subprotocol(handshake), client, holder, access.valid());
        });
    }

    private CompletionStage<Admission> peer(Handshake handshake) {
        String challenge = nodes.linked(handshake);
        if (challenge == null) {
            return badNode(handshake); // the peer logs possible causes
        }
        return done(granted(handshake, leg -> destinations.peer(challenge, leg)));
    }

    private static String deviceId(Query query) {
        String deviceId = query.get(Endpoints.DEVICE_ID);
        if (deviceId == null) {
            throw new IllegalArgumentException(Endpoints.DEVICE_ID + " is missing");
        }
        return deviceId;
    }

    /** Returns whether the requester wants to be upgraded only once its bridge is established. */
    private static boolean wait(Query query) {
        return SignedUrlWish.flag(query, Endpoints.WAIT);
    }

    private static @Nullable Rejection rejection(@Nullable String code, @Nullable String reason) {
        if (code == null && reason == null) {
            return null;
        }
        if (code != null && !code.matches("[0-9]{1,4}")) {
            throw new IllegalArgumentException(Endpoints.REJECT_CODE + " must be a number from 0 to 9999");
        }
        return new Rejection(
                code == null ? Rejection.DEFAULT_CODE : Integer.parseInt(code), reason == null ? "" : reason);
    }

    private CompletionStage<Admission> allowed(
            Handshake handshake,
            Query query,
            AccessPolicy by,
            Action action,
            String deviceId,
            Function<Access.Granted, Admission> go) {
        return allowedLater(handshake, query, by, action, deviceId, access -> done(go.apply(access)));
    }

    private CompletionStage<Admission> allowedLater(
            Handshake handshake,
            Query query,
            AccessPolicy by,
            Action action,
            String deviceId,
            Function<Access.Granted, CompletionStage<Admission>> go) {
        CompletionStage<Access> check;
        try {
            check = by.check(new AccessRequest(action, deviceId, query, handshake.headers(), handshake.peer()));
        } catch (RuntimeException e) {
            check = CompletableFuture.failedFuture(e);
        }
        CompletionStage<Access> checked = Deadlines.within(limits.admissionTimeout(), check, scheduler);
        return checked.<CompletionStage<Admission>>handle((access, failure) -> {
                    if (access instanceof Access.Denied denied && denied.status() == 401 && action != Action.EXPOSE) {
                        return brakes.failed(handshake, action == Action.CONNECT_SIGNED ? BAD_SIGNED_URL : DENIED);
                    }
                    return decided(handshake, access, failure, go);
                })
                .thenCompose(decided -> decided);
    }

    private static CompletionStage<Admission> decided(
            Handshake handshake,
            @Nullable Access access,
            @Nullable Throwable failure,
            Function<Access.Granted, CompletionStage<Admission>> go) {
        if (failure instanceof RejectedExecutionException) {
            return done(unavailable("the node has stopped"));
        }
        if (failure != null) {
            log.warn("the access policy failed for {}", handshake, failure);
            return done(unavailable("access control is unavailable"));
        }
        if (access instanceof Access.Denied denied) {
            Duration retryAfter = denied.status() == 429 ? Duration.ofSeconds(1) : null;
            return done(new Admission.Refused(denied.status(), "access denied", retryAfter));
        }
        if (access == null) {
            throw new IllegalStateException("the access policy said nothing");
        }
        return go.apply(guarded((Access.Granted) access));
    }

    /** Lets access end if the policy fails to say whether it is valid; that must not keep others from being ended. */
    private static Access.Granted guarded(Access.Granted access) {
        BooleanSupplier valid = access.valid();
        if (valid == Access.Granted.ALWAYS) {
            return access;
        }
        return new Access.Granted(access.principal(), () -> {
            try {
                return valid.getAsBoolean();
            } catch (Throwable e) {
                log.warn("the access policy failed to say whether {} is still permitted", access.principal(), e);
                return false;
            }
        });
    }

    private static Admission granted(Handshake handshake, Consumer<Leg> opened) {
        return new Admission.Granted(subprotocol(handshake), opened);
    }

    /** Returns the offered subprotocol that the URL names, or else the bridge's own if it is offered. */
    private static String subprotocol(Handshake handshake) {
        String chosen = Query.parse(handshake.rawQuery()).get(Endpoints.CHOSEN_SUBPROTOCOL);
        if (chosen != null && handshake.offers(chosen)) {
            return chosen;
        }
        return handshake.offers(Endpoints.SUBPROTOCOL) ? Endpoints.SUBPROTOCOL : "";
    }

    private Admission unavailable(CloseReason reason) {
        Crowded.tell(reason, events);
        return reason.code() == CloseReason.OVER_LIMIT
                ? new Admission.Refused(429, reason.reason(), RETRY_AFTER)
                : unavailable(reason.reason());
    }

    private static Admission unavailable(String reason) {
        return new Admission.Refused(503, reason, RETRY_AFTER);
    }

    private static CompletionStage<Admission> refused(int status, String reason) {
        return done(new Admission.Refused(status, reason));
    }

    private static CompletionStage<Admission> done(Admission admission) {
        return CompletableFuture.completedFuture(admission);
    }
}
