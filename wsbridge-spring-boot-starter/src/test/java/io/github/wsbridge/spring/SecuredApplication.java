package io.github.wsbridge.spring;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.github.wsbridge.testkit.RecordingListener;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.Base64;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.security.config.Customizer;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.core.userdetails.User;
import org.springframework.security.core.userdetails.UserDetailsService;
import org.springframework.security.provisioning.InMemoryUserDetailsManager;
import org.springframework.security.web.SecurityFilterChain;

/** An application whose users are a requester and a device. */
@SpringBootConfiguration(proxyBeanMethods = false)
@EnableAutoConfiguration
class SecuredApplication {

    static ConfigurableApplicationContext start(int port, String... properties) {
        SpringApplication application = new SpringApplication(SecuredApplication.class);
        application.setRegisterShutdownHook(false);
        String[] all = new String[properties.length + 4];
        all[0] = "--server.port=" + port;
        all[1] = "--server.address=127.0.0.1";
        all[2] = "--spring.main.banner-mode=off";
        all[3] = "--logging.level.root=warn";
        System.arraycopy(properties, 0, all, 4, properties.length);
        return application.run(all);
    }

    /** Returns a port that is free now: the node must know it before the server has one. */
    static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    /** Returns the value of an {@code Authorization} field. */
    static String credentials(String user) {
        return "Basic " + Base64.getEncoder().encodeToString((user + ":secret").getBytes(UTF_8));
    }

    @Bean
    SecurityFilterChain security(HttpSecurity http) throws Exception {
        return http.authorizeHttpRequests(requests -> requests.requestMatchers("/bridge/accept")
                        .permitAll()
                        .requestMatchers("/bridge/connect")
                        .hasRole("OPERATOR")
                        .anyRequest()
                        .authenticated())
                .httpBasic(Customizer.withDefaults())
                .build();
    }

    @Bean
    UserDetailsService users() {
        return new InMemoryUserDetailsManager(
                User.withUsername("al")
                        .password("{noop}secret")
                        .roles("OPERATOR")
                        .build(),
                User.withUsername("pump")
                        .password("{noop}secret")
                        .roles("DEVICE")
                        .build());
    }

    @Bean
    RecordingListener events() {
        return new RecordingListener();
    }
}
