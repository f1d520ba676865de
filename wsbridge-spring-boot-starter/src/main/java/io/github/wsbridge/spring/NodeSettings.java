package io.github.wsbridge.spring;

import io.github.wsbridge.core.BridgeNode;
import io.github.wsbridge.core.access.PolicyChain;
import io.github.wsbridge.core.access.UserPolicy;
import io.github.wsbridge.core.tokens.KeyFile;
import io.github.wsbridge.core.tokens.TokenKeys;
import io.github.wsbridge.spi.AccessPolicy;
import java.io.IOException;
import java.net.URI;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.core.env.Environment;
import org.springframework.util.ClassUtils;

/** What the node gets if the properties do not say it. */
final class NodeSettings {

    private static final Logger log = LoggerFactory.getLogger(NodeSettings.class);

    private static final String SPRING_SECURITY = "org.springframework.security.web.SecurityFilterChain";

    private NodeSettings() {}

    static URI publicUrl(BridgeProperties properties, Environment environment) {
        if (properties.publicUrl() != null) {
            return properties.publicUrl();
        }
        int port = environment.getProperty("server.port", Integer.class, 8080);
        if (port <= 0) {
            throw new IllegalStateException("wsbridge.public-url is needed, because server.port is not fixed");
        }
        return URI.create(
                "ws://localhost:" + port + environment.getProperty("server.servlet.context-path", String.class, ""));
    }

    static void keys(BridgeNode.Builder node, BridgeProperties properties, @Nullable TokenKeys own)
            throws IOException, GeneralSecurityException {
        if (own != null) {
            node.keys(own);
        } else if (properties.keysFile() != null) {
            node.keys(KeyFile.read(properties.keysFile()));
        } else if (properties.address() != null) {
            throw new IllegalStateException(
                    "wsbridge.keys-file is needed, because wsbridge.address makes the node part of a cluster");
        }
    }

    static void access(
            BridgeNode.Builder node,
            BridgeProperties properties,
            @Nullable AccessPolicy own,
            @Nullable ApiKeys apiKeys,
            @Nullable ClassLoader application) {
        if (own != null) {
            if (properties.insecure() || properties.apiKeysFile() != null) {
                log.warn("the AccessPolicy bean decides alone: wsbridge.insecure and wsbridge.api-keys-file are"
                        + " ignored");
            }
            node.accessPolicy(own);
            return;
        }
        if (properties.insecure()) {
            log.warn("wsbridge.insecure: whoever gets to /bridge/ may connect to any device and listen as any device;"
                    + " API keys do not count");
            node.insecure();
            return;
        }
        List<AccessPolicy> policies = new ArrayList<>();
        if (apiKeys != null) {
            policies.add(apiKeys.file());
        }
        if (apiKeys == null && ClassUtils.isPresent(SPRING_SECURITY, application)) {
            policies.add(UserPolicy.create());
        }
        if (policies.isEmpty()) {
            throw new IllegalStateException("nobody would have access to the bridge: add Spring Security, set"
                    + " wsbridge.api-keys-file, define an AccessPolicy bean or, for tests, set wsbridge.insecure");
        }
        node.accessPolicy(PolicyChain.of(policies));
    }
}
