package io.github.wsbridge.launcher;

import io.github.wsbridge.access.jwt.JwtPolicy;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.Spec.Target;

/** Options for a node whose clients present JSON Web Tokens. */
@SuppressWarnings("NullAway.Init")
final class JwtOptions {

    @Option(
            names = "--jwt-issuer",
            paramLabel = "URL",
            description =
                    "Who may connect and listen by the JSON Web Tokens of this issuer, presented as Authorization:"
                            + " Bearer. Its keys are found by OpenID Connect discovery, or with --jwt-keys")
    private @Nullable String issuer;

    @Option(
            names = "--jwt-audience",
            paramLabel = "NAME",
            description = "The audience that tokens must name; required with --jwt-issuer")
    private @Nullable String audience;

    @Option(
            names = "--jwt-keys",
            paramLabel = "URL|FILE",
            description = "The issuer's public keys, a JWK set: an https URL or a file; read again every few minutes,"
                    + " and when a token names an unknown key")
    private @Nullable String keys;

    @Option(
            names = "--jwt-algorithms",
            paramLabel = "NAME",
            split = ",",
            description = "The signature algorithms that are permitted: RS, PS or ES with 256, 384 or 512, and EdDSA"
                    + " (default RS256,ES256,EdDSA)")
    private @Nullable List<String> algorithms;

    @Option(
            names = "--jwt-role-claim",
            paramLabel = "NAME",
            defaultValue = "roles",
            description = "The claim that contains requester or device; dots lead into objects, as in"
                    + " realm_access.roles (default ${DEFAULT-VALUE})")
    private String roleClaim;

    @Option(
            names = "--jwt-devices-claim",
            paramLabel = "NAME",
            defaultValue = "devices",
            description = "The claim with the device ids, in which * matches any text. Without it, requesters reach"
                    + " all devices, and a device is its sub (default ${DEFAULT-VALUE})")
    private String devicesClaim;

    @Option(
            names = "--jwt-clock-skew",
            paramLabel = "TIME",
            defaultValue = "1m",
            description = "By how much the clocks of the issuer and this node may differ (default ${DEFAULT-VALUE})")
    private Duration skew;

    @Spec(Target.MIXEE)
    private CommandSpec command;

    /** Returns whether tokens decide who may connect and listen. */
    boolean decide() {
        return issuer != null;
    }

    /** Rejects inconsistent options. */
    void check() {
        if ((issuer == null) != (audience == null)) {
            throw usage("--jwt-issuer and --jwt-audience belong together");
        }
        if (issuer == null && (keys != null || algorithms != null)) {
            throw usage("--jwt-keys and --jwt-algorithms require --jwt-issuer URL");
        }
    }

    /** Returns the policy, to be closed; null if tokens do not decide. */
    @Nullable
    JwtPolicy policy() {
        if (issuer == null || audience == null) {
            return null;
        }
        try {
            JwtPolicy.Builder policy = JwtPolicy.builder(issuer, audience)
                    .roleClaim(roleClaim)
                    .devicesClaim(devicesClaim)
                    .clockSkew(skew);
            if (algorithms != null) {
                policy.algorithms(algorithms);
            }
            if (keys != null) {
                if (keys.contains("://")) {
                    policy.keys(URI.create(keys));
                } else {
                    policy.keys(Path.of(keys));
                }
            }
            return policy.build();
        } catch (IllegalArgumentException e) {
            throw usage("--jwt-issuer, --jwt-keys or --jwt-algorithms: " + e.getMessage());
        }
    }

    private ParameterException usage(String message) {
        return new ParameterException(command.commandLine(), message);
    }
}
