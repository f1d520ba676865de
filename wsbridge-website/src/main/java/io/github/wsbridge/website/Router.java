package io.github.wsbridge.website;

import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Decides by the host name what answers a request: a page of the website, or a device. Thread-safe. */
final class Router {

    private final SiteUrl site;
    private final Assets assets = new Assets();
    private final StartPages start;
    private final DevicePages devices;

    /**
     * Creates the router.
     *
     * @param signIns who has signed in; null if nobody has to
     * @param anybody how devices are reached if nobody has to sign in; null otherwise
     */
    Router(Website.Builder settings, SiteUrl site, @Nullable SignIns signIns, @Nullable Access anybody) {
        this.site = site;
        Pages pages = new Pages(site, settings.terminal != null);
        start = new StartPages(settings, site, pages, signIns, anybody);
        devices = new DevicePages(settings, site, pages, signIns, anybody);
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
            Optional<FullHttpResponse> asset = assets.at(request.uri());
            if (asset.isPresent()) {
                Rules.onlyReads(request);
                browser.answer(asset.get());
                return null;
            }
            if (place instanceof SiteUrl.Place.Device device) {
                return devices.route(browser, request, device.id());
            }
            if (place instanceof SiteUrl.Place.Start) {
                return start.route(browser, request);
            }
            throw new Refused(
                    HttpResponseStatus.MISDIRECTED_REQUEST,
                    "this website is at " + site + ", and devices are at names below that host");
        } catch (Refused e) {
            browser.answer(Answer.text(e.status(), e.words()));
            return null;
        }
    }
}
