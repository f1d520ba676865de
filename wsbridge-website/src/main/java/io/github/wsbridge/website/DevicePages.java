package io.github.wsbridge.website;

import io.github.wsbridge.Endpoints;
import io.github.wsbridge.Query;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.QueryStringDecoder;
import io.netty.handler.codec.http.QueryStringEncoder;
import java.time.Instant;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** What is at the host names of devices: what the devices answer, or why they do not. */
final class DevicePages {

    static final String ENTER = Assets.PLACE + "enter";
    static final String LINK = Assets.PLACE + "link";
    private static final String STATE = Assets.PLACE + "state";

    private final Website.Builder settings;
    private final SiteUrl site;
    private final Pages pages;
    private final @Nullable SignIns signIns;
    private final @Nullable Access anybody;
    private final Map<EventLoop, DevicePool> pools = new ConcurrentHashMap<>();

    /**
     * Creates the pages.
     *
     * @param signIns who has signed in; null if nobody has to
     * @param anybody how devices are reached if nobody has to sign in; null otherwise
     */
    DevicePages(
            Website.Builder settings, SiteUrl site, Pages pages, @Nullable SignIns signIns, @Nullable Access anybody) {
        this.settings = settings;
        this.site = site;
        this.pages = pages;
        this.signIns = signIns;
        this.anybody = anybody;
    }

    /** Returns what answers the request; null if it has been answered. */
    @Nullable
    Exchange route(BrowserConnection browser, HttpRequest request, String device) throws Refused {
        QueryStringDecoder target = new QueryStringDecoder(request.uri());
        if (signIns != null && target.rawPath().equals(ENTER)) {
            Rules.onlyReads(request);
            browser.answer(enter(signIns, request, target, device));
            return null;
        }
        if (signIns != null && target.rawPath().equals(LINK)) {
            Rules.onlyReads(request);
            String query = target.uri().substring(Math.min(target.uri().length(), LINK.length() + 1));
            browser.answer(open(signIns, new SignedLink(device, query, browser.browser())));
            return null;
        }
        Optional<Access> access = access(request, device);
        if (access.isEmpty()) {
            browser.answer(signInFirst(request, device));
            return null;
        }
        browser.endWith(access.get().uses());
        if (target.rawPath().equals(STATE)) {
            Rules.onlyReads(request);
            return state(browser, access.get(), device);
        }
        if (target.rawPath().startsWith(Assets.PLACE)) {
            throw new Refused(HttpResponseStatus.NOT_FOUND, "there is nothing here");
        }
        return proxy(browser, request, access.get(), device);
    }

    private Optional<Access> access(HttpRequest request, String device) {
        SignIns required = signIns;
        if (required == null) {
            return Optional.ofNullable(anybody);
        }
        return OwnCookie.SIGN_IN
                .value(request.headers(), site.secure())
                .flatMap(cookie -> required.at(cookie, device))
                .map(Session::access);
    }

    /** Lets somebody in who has a link, which the bridge checks when it is used. */
    private FullHttpResponse open(SignIns required, SignedLink link) throws Refused {
        Query asked = read(link);
        String expires = asked.get(Endpoints.EXPIRES);
        if (!link.device().equals(asked.get(Endpoints.DEVICE_ID))
                || !settings.target.equals(asked.get(Endpoints.REQUEST_DATA))
                || expires == null
                || !expires.matches("\\d{1,11}")) {
            throw new Refused(HttpResponseStatus.BAD_REQUEST, "this link is not for " + Html.line(link.device()));
        }
        String principal = Objects.requireNonNullElse(asked.get(Endpoints.PRINCIPAL), "");
        String cookie = required.enter(link, principal, Instant.ofEpochSecond(Long.parseLong(expires)))
                .orElseThrow(() -> new Refused(HttpResponseStatus.NOT_FOUND, "there is nothing here"));
        FullHttpResponse entered = Answer.redirect("/");
        entered.headers().set(HttpHeaderNames.SET_COOKIE, OwnCookie.SIGN_IN.set(cookie, site.secure()));
        return entered;
    }

    /** Reads a link as the nodes do: what could be read in two ways could name two devices. */
    private static Query read(SignedLink link) {
        try {
            return Query.parse(link.query());
        } catch (IllegalArgumentException e) {
            return Query.parse(null);
        }
    }

    /** Takes the ticket that the start page gave, for the cookie of this host. */
    private FullHttpResponse enter(SignIns required, HttpRequest request, QueryStringDecoder target, String device) {
        FullHttpResponse entered = Answer.redirect(StartPages.path(target, "to")); // begins again without a cookie
        OwnCookie.ENTRY
                .value(request.headers(), site.secure())
                .flatMap(entry -> required.redeem(StartPages.first(target, "ticket"), device, entry))
                .ifPresent(cookie -> entered.headers()
                        .set(HttpHeaderNames.SET_COOKIE, OwnCookie.SIGN_IN.set(cookie, site.secure())));
        return entered;
    }

    /**
     * Leads to the start page for a ticket, which only this browser can use: otherwise others could give somebody a
     * link that signs in as themselves.
     */
    private FullHttpResponse signInFirst(HttpRequest request, String device) {
        if (!request.method().equals(HttpMethod.GET) || !wantsPage(request)) {
            return Answer.text(HttpResponseStatus.UNAUTHORIZED, "sign in at " + site);
        }
        String entry = OwnCookie.ENTRY
                .value(request.headers(), site.secure())
                .filter(RandomText::is) // which another tab may be using
                .orElseGet(RandomText::next);
        QueryStringEncoder open = new QueryStringEncoder(site.start() + StartPages.OPEN);
        open.addParam("device", device);
        open.addParam("to", request.uri());
        open.addParam("entry", entry);
        FullHttpResponse led = Answer.redirect(open.toString());
        led.headers().set(HttpHeaderNames.SET_COOKIE, OwnCookie.ENTRY.set(entry, site.secure()));
        return led;
    }

    private Exchange state(BrowserConnection browser, Access access, String device) {
        StateExchange exchange = new StateExchange(browser, pool(browser), new DevicePool.Key(access.pages(), device));
        exchange.start(failure -> {
            note(access, device, failure);
            return failure == null
                    ? Answer.empty(HttpResponseStatus.NO_CONTENT)
                    : text(Trouble.of(device, settings.target, failure));
        });
        return exchange;
    }

    private Exchange proxy(BrowserConnection browser, HttpRequest request, Access access, String device)
            throws Refused {
        if (Rules.length(request) > settings.limits.body()) {
            throw new Refused(HttpResponseStatus.REQUEST_ENTITY_TOO_LARGE, "the request's body is too large");
        }
        HttpRequest head = RequestFields.forDevice(request, browser.browser(), site.secure(), settings.host);
        ProxiedExchange.Order order = new ProxiedExchange.Order(
                head, request, RequestFields.hasBody(request), settings.host, settings.target);
        ProxiedExchange exchange = new ProxiedExchange(
                browser,
                pool(browser),
                new DevicePool.Key(access.pages(), device),
                order,
                settings.limits,
                new ProxiedExchange.Outcome() {
                    @Override
                    public void reached(@Nullable Throwable failure) {
                        note(access, device, failure);
                    }

                    @Override
                    public void failed(Trouble trouble) {
                        browser.answer(answer(request, trouble));
                    }
                });
        exchange.start();
        return exchange;
    }

    private static void note(Access access, String device, @Nullable Throwable failure) {
        if (failure == null) {
            access.sightings().note(device, Presence.ONLINE);
        } else {
            Trouble.presence(failure).ifPresent(presence -> access.sightings().note(device, presence));
        }
    }

    private DevicePool pool(BrowserConnection browser) {
        return pools.computeIfAbsent(browser.channel().eventLoop(), loop -> new DevicePool(loop, settings.limits));
    }

    /** Pages are for people; programs get a line of text. */
    private FullHttpResponse answer(HttpRequest request, Trouble trouble) {
        if (!wantsPage(request)) {
            return text(trouble);
        }
        boolean repeats = request.method().equals(HttpMethod.GET);
        return Answer.html(trouble.status(), pages.trouble(trouble, repeats), "");
    }

    private static boolean wantsPage(HttpRequest request) {
        return Optional.ofNullable(request.headers().get(HttpHeaderNames.ACCEPT))
                .filter(accepted -> accepted.contains("text/html"))
                .isPresent();
    }

    private static FullHttpResponse text(Trouble trouble) {
        String detail = trouble.detail().isBlank() ? "" : " (" + Html.line(trouble.detail()) + ")";
        return Answer.text(trouble.status(), Html.line(trouble.title()) + detail);
    }
}
