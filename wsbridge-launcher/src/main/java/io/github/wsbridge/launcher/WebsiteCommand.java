package io.github.wsbridge.launcher;

import io.github.wsbridge.access.jwt.OpenIdSignIn;
import io.github.wsbridge.client.BridgeClient;
import io.github.wsbridge.client.DeviceDialer;
import io.github.wsbridge.session.BridgeSessions;
import io.github.wsbridge.spi.Connector;
import io.github.wsbridge.website.DeviceList;
import io.github.wsbridge.website.Website;
import io.github.wsbridge.wire.files.Reloaded;
import io.github.wsbridge.wire.files.TlsIdentity;
import io.github.wsbridge.wire.net.HostPort;
import io.github.wsbridge.wire.net.Loopback;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The {@code website} command: shows the pages of devices in browsers. */
@Command(
        name = "website",
        description = {
            "Runs a website at which the pages of devices are opened in a browser, at a host name for each device.",
            ""
        },
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        sortOptions = false,
        footerHeading = "%nExamples:%n",
        footer = {
            "  For yourself; then open http://pi-7.localhost:8081:",
            "    wsbridge website --server wss://bridge.example.com --api-key-file me.key --devices pi-7,pi-8",
            "  For others, with a certificate for devices.example.com and *.devices.example.com:",
            "    wsbridge website --server wss://bridge.example.com --listen 0.0.0.0:443 --sign-in \\",
            "        --url https://devices.example.com --tls-cert site.pem"
        },
        exitCodeListHeading = Main.EXIT_CODES,
        exitCodeList = {Main.EXIT_0, Main.EXIT_1, Main.EXIT_2})
@SuppressWarnings("NullAway.Init")
final class WebsiteCommand implements Callable<Integer> {

    @Mixin
    ServerOptions server;

    @Option(
            names = "--listen",
            paramLabel = "HOST:PORT",
            defaultValue = "127.0.0.1:8081",
            description = "The address for browsers (default ${DEFAULT-VALUE}); port 0 selects a free port. With"
                    + " --tls-cert, browsers use https")
    HostPort listen;

    @Option(
            names = "--url",
            paramLabel = "URL",
            description = "Where browsers find the website, http://HOST[:PORT] or https://HOST[:PORT]; devices are at"
                    + " names below HOST (default: localhost with the port of --listen)")
    @Nullable
    URI url;

    @Option(
            names = "--target",
            paramLabel = "NAME",
            defaultValue = "http",
            description = "The name of the devices' web server among their targets (default ${DEFAULT-VALUE})")
    String target;

    @Option(
            names = "--terminal",
            paramLabel = "NAME",
            description = "Offer terminals in the browser, to this target of the devices, whose bytes are those of a"
                    + " terminal line (default: none)")
    @Nullable
    String terminal;

    @Option(
            names = "--host-header",
            paramLabel = "HOST",
            description = "The Host that the devices' web servers see (default: the one in the browser's address bar)")
    @Nullable
    String host;

    @Mixin
    ListedDevicesOptions listed;

    @Option(
            names = "--max-body",
            paramLabel = "SIZE",
            description = "The largest body of a request (default: unlimited)")
    Quantities.@Nullable Bytes maxBody;

    @Option(
            names = "--max-connections",
            paramLabel = "N",
            defaultValue = "4096",
            description = "Maximum number of concurrent connections of browsers (default ${DEFAULT-VALUE})")
    int maxConnections;

    @Option(
            names = "--session",
            paramLabel = "WHEN",
            defaultValue = "auto",
            description =
                    "Whether the connections to a device share a bridge: auto, if the device knows how; on, so that"
                            + " a device that does not is an error; off, so that each has its own (default"
                            + " ${DEFAULT-VALUE})")
    SessionMode session;

    @Option(
            names = "--sign-in",
            fallbackValue = "true",
            description = "Visitors sign in, each with an own API key or token for the bridge, with which the website"
                    + " opens devices for them; it has no credentials itself")
    boolean signIn;

    @Mixin
    OpenIdOptions openId;

    @Option(
            names = "--open",
            fallbackValue = "true",
            description = "Everyone who reaches the website may open what the website's own credentials permit. Implied"
                    + " if it listens on a loopback address")
    boolean open;

    @Mixin
    ConfigOptions config;

    @Mixin
    SecretFileOptions secretFiles;

    @Mixin
    LogOptions logOptions;

    @Spec
    CommandSpec spec;

    private final CommandContext here;

    WebsiteCommand(CommandContext here) {
        this.here = here;
    }

    @Override
    public Integer call() throws Exception {
        secretFiles.check();
        listed.check();
        openId.check();
        if (config.checkOnly(here)) {
            return 0;
        }
        InetSocketAddress address = listen.resolve().get(0);
        if (!open && !signIn && !openId.given() && !address.getAddress().isLoopbackAddress()) {
            throw usage("others can reach " + listen
                    + ": specify --sign-in, --oidc-issuer, or --open if everyone may open the devices");
        }
        try (Reloads reloads = new Reloads();
                Connector connector = server.connector(here.env(), reloads)) {
            Supplier<String> key = server.apiKey(here.env(), reloads);
            Supplier<String> authorization = server.authorization(reloads);
            if (openId.given()) {
                if (open || signIn) {
                    throw usage("--oidc-issuer cannot be combined with --open or --sign-in");
                }
                signInElsewhere(connector, key, authorization, address, reloads);
            } else if (signIn) {
                if (open || key != null || authorization != null || !listed.devices.isEmpty()) {
                    throw usage("--sign-in cannot be combined with --open, --devices, an API key or a token");
                }
                try (VisitorClients clients = new VisitorClients(server, connector)) {
                    Website.Builder builder = Website.builder(visitor -> sharing(clients.of(visitor)));
                    run(builder.links(link -> clients.of(link, target)), address, reloads);
                }
            } else {
                try (BridgeClient client =
                        server.client(connector, key, authorization).build()) {
                    run(Website.builder(sharing(client)), address, reloads);
                }
            }
        }
        return 0;
    }

    private void signInElsewhere(
            Connector connector,
            @Nullable Supplier<String> key,
            @Nullable Supplier<String> authorization,
            InetSocketAddress address,
            Reloads reloads)
            throws Exception {
        boolean own = key != null || authorization != null;
        try (OpenIdSignIn provider = openId.provider(reloads);
                VisitorClients clients = new VisitorClients(server, connector);
                BridgeClient client =
                        server.client(connector, key, authorization).build()) {
            DeviceDialer shared = sharing(client);
            Website.Builder builder = Website.builder(visitor -> own ? shared : sharing(clients.of(visitor)));
            if (provider != null) {
                builder.provider(new OpenIdOptions.Provider(provider, own));
            }
            run(builder.links(link -> clients.of(link, target)), address, reloads);
        }
    }

    /** Returns what lets connections share bridges; such a bridge ends by itself once it is not used. */
    private DeviceDialer sharing(BridgeClient client) {
        return session == SessionMode.off
                ? client
                : BridgeSessions.builder(client)
                        .required(session == SessionMode.on)
                        .openTimeout(server.connectTimeout)
                        .build();
    }

    private void run(Website.Builder builder, InetSocketAddress address, Reloads reloads) throws Exception {
        builder.address(address).target(target).maxConnections(maxConnections);
        if (host != null) {
            builder.host(host);
        }
        if (terminal != null) {
            builder.terminal(terminal);
        }
        if (maxBody != null) {
            builder.maxBody(maxBody.count());
        }
        if (url != null) {
            try {
                builder.url(url);
            } catch (IllegalArgumentException e) {
                throw usage(String.valueOf(e.getMessage()));
            }
        }
        Reloaded<TlsIdentity> tls = server.identity();
        if (tls != null) {
            builder.tls(tls.get().key(), tls.get().chain());
        }
        try (ListeningDevices listening = listed.listening(reloads);
                Website website = Transport.listening(
                        address,
                        builder.devices(listening == null ? DeviceList.of(listed.devices) : listening)::start)) {
            if (tls != null) {
                reloads.add(tls, renewed -> website.renewTls(renewed.key(), renewed.chain()));
            }
            LiveSettings.watchLogging(spec, here, reloads);
            reloads.start(here);
            warn(website.url(), address);
            here.say("website ready: " + website.url());
            here.awaitStop();
        }
        here.say("website stopped");
    }

    private void warn(URI place, InetSocketAddress address) {
        boolean own = Loopback.is(place.getHost()) && address.getAddress().isLoopbackAddress();
        if ((signIn || openId.given()) && "http".equals(place.getScheme()) && !own) {
            here.err()
                    .println("warning: visitors sign in at " + place + " without TLS: whoever is on the way can read"
                            + " their keys and cookies. Specify --tls-cert, or --url https://... if something in front"
                            + " of the website uses TLS");
        }
    }

    private ParameterException usage(String message) {
        return new ParameterException(spec.commandLine(), message);
    }
}
