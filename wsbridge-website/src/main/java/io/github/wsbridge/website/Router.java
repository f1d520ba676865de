package io.github.wsbridge.website;

import io.netty.channel.EventLoop;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** Decides what answers a request: a page of the website, or a device. Thread-safe. */
final class Router {

    private static final String STATE = Assets.PLACE + "state";

    private final Website.Builder settings;
    private final SiteUrl site;
    private final DeviceChannels channels;
    private final Pages pages;
    private final Assets assets = new Assets();
    private final Sightings sightings = new Sightings();
    private final Map<EventLoop, DevicePool> pools = new ConcurrentHashMap<>();

    Router(Website.Builder settings, SiteUrl site) {
        this.settings = settings;
        this.site = site;
        channels = settings.channels();
        pages = new Pages(site);
    }

    /** Returns what answers the request; null if it has been answered. */
    @Nullable
    Exchange route(BrowserConnection browser, HttpRequest request) {
        try {
            Rules.check(request);
        } catch (Refused e) {
            browser.refuse(Answer.text(e.status(), e.words()));
            return null;
        }
        try {
            SiteUrl.Place place = site.place(Rules.host(request));
            Rules.checkOrigin(request);
            String path = request.uri().split("\\?", 2)[0];
            if (path.startsWith(Assets.PLACE) && !path.equals(STATE)) {
                browser.answer(asset(request, path));
                return null;
            }
            if (place instanceof SiteUrl.Place.Device device) {
                return path.equals(STATE) ? state(browser, device.id()) : proxy(browser, request, device.id());
            }
            browser.answer(place instanceof SiteUrl.Place.Start ? start(request, path) : nowhere());
        } catch (Refused e) {
            browser.answer(Answer.text(e.status(), e.words()));
        }
        return null;
    }

    private FullHttpResponse asset(HttpRequest request, String path) throws Refused {
        Rules.onlyReads(request);
        return assets.at(path).orElseThrow(Router::notFound);
    }

    private FullHttpResponse start(HttpRequest request, String path) throws Refused {
        Rules.onlyReads(request);
        if (!path.equals("/")) {
            throw notFound();
        }
        Map<String, Presence> devices = new TreeMap<>(settings.devices.devices());
        devices.replaceAll((id, known) -> known == Presence.UNKNOWN ? sightings.of(id) : known);
        return Answer.html(HttpResponseStatus.OK, pages.start(devices));
    }

    private static Refused notFound() {
        return new Refused(HttpResponseStatus.NOT_FOUND, "there is nothing here");
    }

    private FullHttpResponse nowhere() throws Refused {
        throw new Refused(
                HttpResponseStatus.MISDIRECTED_REQUEST,
                "this website is at " + site + ", and devices are at names below that host");
    }

    private Exchange state(BrowserConnection browser, String device) {
        StateExchange exchange = new StateExchange(browser, pool(browser), new DevicePool.Key(channels, device));
        exchange.start(failure -> {
            note(device, failure);
            return failure == null
                    ? Answer.empty(HttpResponseStatus.NO_CONTENT)
                    : text(Trouble.of(device, settings.target, failure));
        });
        return exchange;
    }

    private Exchange proxy(BrowserConnection browser, HttpRequest request, String device) throws Refused {
        long length = Rules.length(request);
        if (length > settings.limits.body()) {
            throw new Refused(HttpResponseStatus.REQUEST_ENTITY_TOO_LARGE, "the request's body is too large");
        }
        HttpRequest head = RequestFields.forDevice(request, browser.browser(), site.secure(), settings.host);
        ProxiedExchange.Order order = new ProxiedExchange.Order(
                head, request, RequestFields.hasBody(request), settings.host, settings.target);
        ProxiedExchange exchange = new ProxiedExchange(
                browser,
                pool(browser),
                new DevicePool.Key(channels, device),
                order,
                settings.limits,
                new ProxiedExchange.Outcome() {
                    @Override
                    public void reached(@Nullable Throwable failure) {
                        note(device, failure);
                    }

                    @Override
                    public void failed(Trouble trouble) {
                        browser.answer(answer(request, trouble));
                    }
                });
        exchange.start();
        return exchange;
    }

    private void note(String device, @Nullable Throwable failure) {
        if (failure == null) {
            sightings.note(device, Presence.ONLINE);
        } else {
            Trouble.presence(failure).ifPresent(presence -> sightings.note(device, presence));
        }
    }

    private DevicePool pool(BrowserConnection browser) {
        return pools.computeIfAbsent(browser.channel().eventLoop(), loop -> new DevicePool(loop, settings.limits));
    }

    /** Pages are for people; programs get a line of text. */
    private FullHttpResponse answer(HttpRequest request, Trouble trouble) {
        HttpHeaders fields = request.headers();
        boolean page = Optional.ofNullable(fields.get(HttpHeaderNames.ACCEPT))
                .filter(accepted -> accepted.contains("text/html"))
                .isPresent();
        if (!page) {
            return text(trouble);
        }
        boolean repeats = request.method().equals(HttpMethod.GET);
        return Answer.html(trouble.status(), pages.trouble(trouble, repeats));
    }

    private static FullHttpResponse text(Trouble trouble) {
        String detail = trouble.detail().isBlank() ? "" : " (" + Html.line(trouble.detail()) + ")";
        return Answer.text(trouble.status(), Html.line(trouble.title()) + detail);
    }
}
