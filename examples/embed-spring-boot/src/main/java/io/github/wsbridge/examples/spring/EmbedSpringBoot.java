package io.github.wsbridge.examples.spring;

import io.github.wsbridge.client.BridgeChannel;
import io.github.wsbridge.client.BridgeClient;
import java.util.concurrent.TimeUnit;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.annotation.Bean;
import org.springframework.security.config.Customizer;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.core.userdetails.User;
import org.springframework.security.core.userdetails.UserDetailsService;
import org.springframework.security.provisioning.InMemoryUserDetailsManager;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RestController;

/**
 * A Spring Boot application whose devices and operators meet at its own port. Operators may connect; a device may
 * listen under its own name. The application itself reaches devices by its {@link BridgeClient}.
 */
@SpringBootApplication(proxyBeanMethods = false)
public class EmbedSpringBoot {

    /** Runs until the process ends. */
    public static void main(String[] args) {
        SpringApplication.run(EmbedSpringBoot.class, args);
    }

    /** A bridge's paths have rules like any other path. An accept needs none: its token is proof enough. */
    @Bean
    SecurityFilterChain security(HttpSecurity http) throws Exception {
        return http.authorizeHttpRequests(requests -> requests.requestMatchers("/bridge/accept")
                        .permitAll()
                        .requestMatchers("/bridge/listen")
                        .hasRole("DEVICE")
                        .anyRequest()
                        .hasRole("OPERATOR"))
                .httpBasic(Customizer.withDefaults())
                .csrf(csrf -> csrf.disable()) // no browser, no cookies
                .build();
    }

    @Bean
    UserDetailsService users(@Value("${example.password}") String password) {
        return new InMemoryUserDetailsManager(
                User.withUsername("al")
                        .password("{noop}" + password)
                        .roles("OPERATOR")
                        .build(),
                User.withUsername("pump-1")
                        .password("{noop}" + password)
                        .roles("DEVICE")
                        .build());
    }

    /** Sends a request's body to a device and returns what the device answers. */
    @RestController
    static class Questions {

        private static final int SECONDS = 30;

        private final BridgeClient client;

        Questions(BridgeClient client) {
            this.client = client;
        }

        @PostMapping("/devices/{id}")
        byte[] ask(@PathVariable("id") String id, @RequestBody byte[] question) throws Exception {
            try (BridgeChannel bridge = client.connect(id).get(SECONDS, TimeUnit.SECONDS)) {
                bridge.outputStream().write(question);
                bridge.shutdownOutput();
                return bridge.inputStream().readAllBytes();
            }
        }
    }
}
