package io.github.wsbridge.launcher;

import io.github.wsbridge.access.jwt.OpenIdSignIn;
import io.github.wsbridge.website.SignInProvider;
import io.github.wsbridge.wire.files.KeyText;
import io.github.wsbridge.wire.files.Reloaded;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.Spec.Target;

/** Options for a website whose visitors sign in with an OpenID Connect provider. */
@SuppressWarnings("NullAway.Init")
final class OpenIdOptions {

    @Option(
            names = "--oidc-issuer",
            paramLabel = "URL",
            description = "Visitors sign in with this OpenID Connect provider. The claims of their ID tokens say which"
                    + " devices they may open. With an own API key or token, the website uses that toward the bridge;"
                    + " without, it presents the ID token, which the nodes must accept (node --jwt-issuer), until"
                    + " that expires")
    private @Nullable String issuer;

    @Option(
            names = "--oidc-client-id",
            paramLabel = "NAME",
            description = "The name under which the provider knows the website. It must know"
                    + " URL/.wsbridge/signed-in as the place to return to, with the URL of --url")
    private @Nullable String clientId;

    @Option(
            names = "--oidc-client-secret-file",
            paramLabel = "FILE",
            description = "A file that contains the website's secret for the provider; read again when it changes"
                    + " (default: none, as of a public client)")
    private @Nullable Path secretFile;

    @Option(
            names = "--oidc-scope",
            paramLabel = "NAMES",
            defaultValue = "openid",
            description = "What the provider is asked for, separated by spaces (default ${DEFAULT-VALUE})")
    private String scope;

    @Option(
            names = "--oidc-role-claim",
            paramLabel = "NAME",
            defaultValue = "roles",
            description = "The claim that contains requester; dots lead into objects (default ${DEFAULT-VALUE})")
    private String roleClaim;

    @Option(
            names = "--oidc-devices-claim",
            paramLabel = "NAME",
            defaultValue = "devices",
            description = "The claim with the device ids, in which * matches any text. Without it, requesters reach"
                    + " all devices (default ${DEFAULT-VALUE})")
    private String devicesClaim;

    @Spec(Target.MIXEE)
    private CommandSpec command;

    boolean given() {
        return issuer != null;
    }

    /** Rejects inconsistent options. */
    void check() {
        if ((issuer == null) != (clientId == null)) {
            throw usage("--oidc-issuer and --oidc-client-id belong together");
        }
        if (issuer == null && secretFile != null) {
            throw usage("--oidc-client-secret-file requires --oidc-issuer URL");
        }
    }

    /** Returns the provider, to be closed; null if there is none. */
    @Nullable
    OpenIdSignIn provider(Reloads reloads) throws IOException, GeneralSecurityException {
        if (issuer == null || clientId == null) {
            return null;
        }
        OpenIdSignIn.Builder provider = OpenIdSignIn.builder(issuer, clientId)
                .scope(scope)
                .roleClaim(roleClaim)
                .devicesClaim(devicesClaim);
        Path file = secretFile;
        if (file != null) {
            Reloaded<Secret> secret = new Reloaded<>("client secret " + file, List.of(file), () -> Secret.read(file));
            reloads.add(secret, taken -> {});
            provider.clientSecret(() -> secret.get().text());
        }
        try {
            return provider.build();
        } catch (IllegalArgumentException e) {
            throw usage("--oidc-issuer: " + e.getMessage());
        }
    }

    private record Secret(String text) {
        static Secret read(Path file) throws IOException {
            String text = KeyText.read(file).strip();
            if (text.isEmpty()) {
                throw new IOException(file + " is empty");
            }
            return new Secret(text);
        }

        @Override
        public String toString() {
            return "one secret";
        }
    }

    /**
     * The provider as the website needs it.
     *
     * @param provider the provider
     * @param lasting whether sign-ins outlast the ID token, because that is not presented to the bridge
     */
    record Provider(OpenIdSignIn provider, boolean lasting) implements SignInProvider {

        @Override
        public CompletionStage<URI> begin(Attempt attempt) {
            return provider.authorization(attempt.redirect(), attempt.state(), attempt.nonce(), attempt.verifier());
        }

        @Override
        public CompletionStage<Person> end(Attempt attempt, String code) {
            return provider.person(code, attempt.redirect(), attempt.nonce(), attempt.verifier())
                    .thenApply(person -> new Person(
                            person.subject(),
                            person.token(),
                            lasting ? Instant.MAX : person.until(),
                            person.mayOpen()));
        }
    }

    private ParameterException usage(String message) {
        return new ParameterException(command.commandLine(), message);
    }
}
