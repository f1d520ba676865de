package io.github.wsbridge.website;

import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.QueryStringDecoder;
import io.netty.handler.codec.http.QueryStringEncoder;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** What is at the website's own host name: the list of devices, and the sign-in. */
final class StartPages {

    static final String OPEN = Assets.PLACE + "open";
    static final String TERMINAL = Assets.PLACE + "terminal";
    static final String LINE = Assets.PLACE + "line";
    static final String SIGN_IN = Assets.PLACE + "sign-in";
    static final String SIGN_OUT = Assets.PLACE + "sign-out";

    private final Website.Builder settings;
    private final SiteUrl site;
    private final Pages pages;
    private final @Nullable SignIns signIns;
    private final @Nullable Access anybody;

    /**
     * Creates the pages.
     *
     * @param signIns who has signed in; null if nobody has to
     * @param anybody how devices are reached if nobody has to sign in; null otherwise
     */
    StartPages(
            Website.Builder settings, SiteUrl site, Pages pages, @Nullable SignIns signIns, @Nullable Access anybody) {
        this.settings = settings;
        this.site = site;
        this.pages = pages;
        this.signIns = signIns;
        this.anybody = anybody;
    }

    /** Returns what answers the request; null if it has been answered. */
    @Nullable
    Exchange route(BrowserConnection browser, HttpRequest request) throws Refused {
        QueryStringDecoder target = new QueryStringDecoder(request.uri());
        SignIns required = signIns;
        if (required != null
                && target.rawPath().equals(SIGN_IN)
                && request.method().equals(HttpMethod.POST)) {
            Rules.checkForm(request, site);
            return new FormExchange(browser, settings.limits, form -> signIn(required, browser, form));
        }
        if (required != null
                && target.rawPath().equals(SIGN_OUT)
                && request.method().equals(HttpMethod.POST)) {
            Rules.checkForm(request, site);
            session(request).ifPresent(required::leave);
            FullHttpResponse left = Answer.redirect(SIGN_IN);
            left.headers().set(HttpHeaderNames.SET_COOKIE, OwnCookie.SIGN_IN.set("", site.secure()));
            browser.answer(left);
            return null;
        }
        Rules.onlyReads(request);
        if (target.rawPath().equals(LINE)) {
            return line(browser, request, target);
        }
        browser.answer(page(request, target));
        return null;
    }

    private FullHttpResponse page(HttpRequest request, QueryStringDecoder target) throws Refused {
        if (anybody != null) {
            return switch (target.rawPath()) {
                case "/" -> start(known(settings.devices.devices(), anybody.sightings()), false);
                case TERMINAL -> terminal(target);
                case OPEN -> Answer.redirect(device(target) + path(target, "to"));
                default -> throw nothing();
            };
        }
        SignIns required = signIns;
        if (required == null) {
            throw nothing();
        }
        if (target.rawPath().equals(SIGN_IN)) {
            return html(pages.signIn(path(target, "then"), ""));
        }
        Optional<Session> session = session(request);
        if (session.isEmpty() && Set.of("/", OPEN, TERMINAL).contains(target.rawPath())) {
            QueryStringEncoder signIn = new QueryStringEncoder(SIGN_IN);
            signIn.addParam("then", request.uri());
            return Answer.redirect(signIn.toString());
        }
        return switch (target.rawPath()) {
            case "/" ->
                start(
                        opened(
                                settings.devices.devices(),
                                session.orElseThrow().access().sightings()),
                        true);
            case TERMINAL -> terminal(target);
            case OPEN -> enter(required, session.orElseThrow(), target);
            default -> throw nothing();
        };
    }

    private FullHttpResponse terminal(QueryStringDecoder target) throws Refused {
        if (settings.terminal == null) {
            throw nothing();
        }
        device(target); // checks it
        return Answer.styling(Answer.html(HttpResponseStatus.OK, pages.terminal(id(target)), ""));
    }

    /** Leads to a terminal line of a device. */
    private Exchange line(BrowserConnection browser, HttpRequest request, QueryStringDecoder target) throws Refused {
        Access access = anybody != null
                ? anybody
                : session(request)
                        .orElseThrow(() -> new Refused(HttpResponseStatus.UNAUTHORIZED, "sign in at " + site))
                        .access();
        DeviceChannels lines = access.lines();
        String name = settings.terminal;
        if (lines == null || name == null) {
            throw nothing();
        }
        device(target); // checks it
        browser.endWith(access.uses());
        TerminalExchange exchange = new TerminalExchange(browser, request, lines, id(target), name);
        exchange.start();
        return exchange;
    }

    private static Map<String, Presence> known(Map<String, Presence> listed, Sightings sightings) {
        Map<String, Presence> devices = new TreeMap<>(listed);
        devices.replaceAll((id, known) -> known == Presence.UNKNOWN ? sightings.of(id) : known);
        return devices;
    }

    /** Returns what somebody has opened, and no other device, with what is known now. */
    private static Map<String, Presence> opened(Map<String, Presence> listed, Sightings sightings) {
        Map<String, Presence> devices = sightings.all();
        devices.replaceAll((id, seen) -> {
            Presence now = listed.getOrDefault(id, Presence.UNKNOWN);
            return now == Presence.UNKNOWN ? seen : now;
        });
        return devices;
    }

    private FullHttpResponse start(Map<String, Presence> devices, boolean signedIn) {
        return html(pages.start(devices, signedIn));
    }

    /** Leads to a device's host with a ticket for the cookie there. */
    private FullHttpResponse enter(SignIns required, Session session, QueryStringDecoder target) throws Refused {
        String entry = first(target, "entry");
        if (!RandomText.is(entry)) { // of the form: the device's host leads back here
            return Answer.redirect(device(target) + path(target, "to"));
        }
        QueryStringEncoder enter = new QueryStringEncoder(device(target) + DevicePages.ENTER);
        enter.addParam("ticket", required.ticket(session, id(target), entry));
        enter.addParam("to", path(target, "to"));
        return Answer.redirect(enter.toString());
    }

    private FullHttpResponse signIn(SignIns required, BrowserConnection browser, QueryStringDecoder form) {
        String credential = first(form, "credential").strip();
        String then = path(form, "then");
        if (credential.isEmpty() || !credential.chars().allMatch(c -> c > 0x20 && c < 0x7f)) {
            return html(pages.signIn(then, "This is neither an API key nor a token: it is empty or has white space."));
        }
        FullHttpResponse entered = Answer.redirect(then);
        String cookie = required.enter(new Visitor(credential, browser.browser()));
        entered.headers().set(HttpHeaderNames.SET_COOKIE, OwnCookie.SIGN_IN.set(cookie, site.secure()));
        return entered;
    }

    private Optional<Session> session(HttpRequest request) {
        SignIns required = signIns;
        return required == null
                ? Optional.empty()
                : OwnCookie.SIGN_IN
                        .value(request.headers(), site.secure())
                        .flatMap(cookie -> required.at(cookie, Session.START));
    }

    private String device(QueryStringDecoder target) throws Refused {
        String id = id(target);
        return site.of(id)
                .filter(url -> !id.isEmpty())
                .orElseThrow(() -> new Refused(HttpResponseStatus.BAD_REQUEST, "this is not the id of a device"));
    }

    private static String id(QueryStringDecoder target) {
        return first(target, "device").strip();
    }

    /** Returns a parameter that is a path on this host; the root if it is anything else. */
    static String path(QueryStringDecoder target, String parameter) {
        String path = first(target, parameter);
        boolean local = path.matches("/(?![/\\\\])[\\x21-\\x7e]*");
        return local ? path : "/";
    }

    /** Returns a parameter; empty if there is none, or the parameters are malformed. */
    static String first(QueryStringDecoder target, String parameter) {
        try {
            List<String> values = target.parameters().getOrDefault(parameter, List.of());
            return values.isEmpty() ? "" : values.get(0);
        } catch (IllegalArgumentException e) { // a percent sign without its digits
            return "";
        }
    }

    /** The form leads to the hosts of devices, which the policy has to permit. */
    private FullHttpResponse html(String page) {
        return Answer.html(HttpResponseStatus.OK, page, site.start().replace("://", "://*."));
    }

    private static Refused nothing() {
        return new Refused(HttpResponseStatus.NOT_FOUND, "there is nothing here");
    }
}
