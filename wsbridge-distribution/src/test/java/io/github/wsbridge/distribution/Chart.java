package io.github.wsbridge.distribution;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.introspect.Annotated;
import com.fasterxml.jackson.databind.introspect.JacksonAnnotationIntrospector;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.marcnuri.helm.Helm;
import com.marcnuri.helm.TemplateCommand;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.autoscaling.v2.HorizontalPodAutoscaler;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.HTTPRoute;
import io.fabric8.kubernetes.api.model.networking.v1.Ingress;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The Helm chart in deploy/helm, rendered by Helm's own code. */
final class Chart {

    static final Path FOLDER =
            Path.of("..", "deploy", "helm", "wsbridge").toAbsolutePath().normalize();

    private static final Map<String, Class<?>> KINDS = Map.of(
            "v1/ConfigMap", ConfigMap.class,
            "v1/Service", Service.class,
            "v1/ServiceAccount", ServiceAccount.class,
            "apps/v1/Deployment", Deployment.class,
            "autoscaling/v2/HorizontalPodAutoscaler", HorizontalPodAutoscaler.class,
            "gateway.networking.k8s.io/v1/HTTPRoute", HTTPRoute.class,
            "networking.k8s.io/v1/Ingress", Ingress.class,
            "networking.k8s.io/v1/NetworkPolicy", NetworkPolicy.class,
            "policy/v1/PodDisruptionBudget", PodDisruptionBudget.class);

    /** Refuses fields that the models do not have; by default, the models themselves take any. */
    private static final ObjectMapper STRICT = new ObjectMapper(new YAMLFactory())
            .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .setAnnotationIntrospector(new JacksonAnnotationIntrospector() {
                private static final long serialVersionUID = 1;

                @Override
                public Boolean hasAnySetter(Annotated a) {
                    return false;
                }
            });

    private Chart() {}

    /** Renders the chart as "helm template wsbridge --namespace wsbridge" does, with these values. */
    static String render(Map<String, Object> values) {
        TemplateCommand command =
                new Helm(FOLDER).template().withName("wsbridge").withNamespace("wsbridge");
        values.forEach(command::set);
        return command.call();
    }

    /** Reads all documents, whatever they are. */
    static List<JsonNode> documents(String yaml) throws IOException {
        List<JsonNode> found = new ArrayList<>();
        STRICT.readerFor(JsonNode.class).<JsonNode>readValues(yaml).forEachRemaining(document -> {
            if (document.isObject()) {
                found.add(document);
            }
        });
        return found;
    }

    /** Returns the document as an object of its kind; fails if a field is unknown there, or there is no such kind. */
    static Object model(JsonNode document) throws IOException {
        String kind = document.path("apiVersion").asText() + "/"
                + document.path("kind").asText();
        Class<?> type = KINDS.get(kind);
        if (type == null) {
            throw new IOException("no model of " + kind);
        }
        return STRICT.treeToValue(document, type);
    }

    /** Returns the only object of a class. */
    static <T> T only(String yaml, Class<T> type) throws IOException {
        List<T> found = new ArrayList<>();
        for (JsonNode document : documents(yaml)) {
            if (type.equals(KINDS.get(document.path("apiVersion").asText() + "/"
                    + document.path("kind").asText()))) {
                found.add(type.cast(model(document)));
            }
        }
        if (found.size() != 1) {
            throw new IOException(found.size() + " objects of " + type);
        }
        return found.get(0);
    }
}
