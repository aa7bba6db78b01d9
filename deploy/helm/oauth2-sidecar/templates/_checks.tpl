{{- /* What the schema cannot see: what is missing, and what contradicts. Each sentence says what to write. Renders nothing. */ -}}

{{- define "oauth2-sidecar.checked" -}}
{{- $v := .Values -}}
{{- $known := (.Files.Get "files/options.json" | fromJson) -}}

{{- if not (or $v.shared.enabled $v.app.enabled) -}}
{{- fail "\nNothing to do: write shared.enabled: true for the parts that all apps of the domain share, app.enabled: true for an app with its sidecar, or both." -}}
{{- end -}}
{{- if not $v.domain -}}
{{- fail "\ndomain is missing: write the domain whose apps share a session, such as domain: example.com" -}}
{{- end -}}
{{- if not (regexMatch "^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)+$" $v.domain) -}}
{{- fail (printf "\ndomain is %q: write the bare name in lower case, such as example.com, without scheme, star or leading dot." $v.domain) -}}
{{- end -}}
{{- if not $v.image.repository -}}
{{- fail "\nimage.repository is missing: write where you pushed what `make image` built, such as image.repository: registry.example.com/oauth2-sidecar" -}}
{{- end -}}
{{- if and $v.image.tag $v.image.digest -}}
{{- fail "\nimage.tag and image.digest are both given: leave one out." -}}
{{- end -}}
{{- if $v.serviceMonitor.enabled -}}
{{- range $where, $options := dict "config" $v.config "app.config" $v.app.config -}}
{{- if hasKey $options "metrics_address" -}}
{{- fail (printf "\n%s.metrics_address is given, but serviceMonitor.enabled says where metrics are served: leave it out, and write serviceMonitor.port for another port than %v." $where $v.serviceMonitor.port) -}}
{{- end -}}
{{- end -}}
{{- if has (toString $v.serviceMonitor.port) (list "4180" (toString $v.app.port)) -}}
{{- fail (printf "\nserviceMonitor.port is %v, where the sidecar or the app listens: write another." $v.serviceMonitor.port) -}}
{{- end -}}
{{- end -}}

{{- range $where, $options := dict "config" $v.config "app.config" $v.app.config -}}
{{- range $key, $value := $options -}}
{{- if not (has $key $known.options) -}}
{{- fail (printf "\n%s.%s: there is no such option, or it is not for this place; docs/reference/options.md lists them." $where $key) -}}
{{- end -}}
{{- if and (eq $key "http_address") (not (has $value (list "0.0.0.0:4180" "[::]:4180"))) -}}
{{- fail (printf "\n%s.http_address is %q, but Service, probes and policies say 4180 of every address: leave it out, or write \"[::]:4180\" where pods have IPv6 addresses." $where $value) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- range $key := list "upstreams" "redirect_url" -}}
{{- if hasKey $v.config $key -}}
{{- fail (printf "\nconfig.%s is given, but is not the same for all: write app.port or shared.auth.host, or app.config.%s for one app." $key $key) -}}
{{- end -}}
{{- end -}}
{{- if $v.configMap.existing -}}
{{- $without := omit $v.config "provider" "email_domains" "skip_provider_button" "set_xauthrequest" "silence_ping_logging" -}}
{{- range $key, $value := $without -}}
{{- if not (has $key $known.ours) -}}
{{- fail (printf "\nconfig.%s would have no effect, since configMap.existing names the file %q: write the option there, or into app.config, or leave configMap.existing empty." $key $v.configMap.existing) -}}
{{- end -}}
{{- end -}}
{{- else -}}
{{- if not $v.config.email_domains -}}
{{- fail "\nconfig.email_domains is missing: write who may sign in, such as config.email_domains: [example.com]; [\"*\"] is everybody whom the provider knows." -}}
{{- end -}}
{{- if and (eq $v.config.provider "oidc") (not $v.config.oidc_issuer_url) (not $v.config.skip_oidc_discovery) -}}
{{- fail "\nconfig.provider is oidc, and config.oidc_issuer_url is missing: write the issuer's address, such as https://idp.example.com/realms/apps" -}}
{{- end -}}
{{- range $key := list "cookie_domains" "whitelist_domains" -}}
{{- with get $v.config $key -}}
{{- $covers := false -}}
{{- range . -}}
{{- if or (hasSuffix (printf ".%s" (trimPrefix "." .)) (include "oauth2-sidecar.authHost" $)) (eq . (include "oauth2-sidecar.authHost" $)) -}}{{- $covers = true -}}{{- end -}}
{{- end -}}
{{- if not $covers -}}
{{- fail (printf "\nconfig.%s does not cover %s, where every login comes back to: leave it out (it follows from domain), or add .%s" $key (include "oauth2-sidecar.authHost" $) $.Values.domain) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- include "oauth2-sidecar.checkedSecret" . -}}
{{- if $v.shared.enabled -}}
{{- if and (eq $v.gateway.kind "istio") $v.gateway.create (not $v.gateway.selector) -}}
{{- fail "\ngateway.selector is empty: write the labels of the gateway's pods, such as {istio: ingressgateway}, or gateway.create: false" -}}
{{- end -}}
{{- if and $v.gateway.create $v.gateway.namespace (ne $v.gateway.namespace .Release.Namespace) (ne $v.gateway.kind "none") -}}
{{- fail (printf "\ngateway.namespace is %q, but this release makes the gateway in %q: leave gateway.namespace out, or write gateway.create: false for one that is there." $v.gateway.namespace .Release.Namespace) -}}
{{- end -}}
{{- if has .Release.Namespace $v.shared.namespaces -}}
{{- fail (printf "\nshared.namespaces lists %q, where this release is anyway: leave it out." .Release.Namespace) -}}
{{- end -}}
{{- end -}}
{{- if $v.app.enabled -}}{{- include "oauth2-sidecar.checkedApp" . -}}{{- end -}}
{{- end -}}

{{- define "oauth2-sidecar.checkedSecret" -}}
{{- $secret := .Values.secret -}}
{{- $given := list -}}
{{- range $key, $value := $secret.values }}{{ if $value }}{{ $given = append $given $key }}{{ end }}{{ end -}}
{{- if eq $secret.source "values" -}}
{{- range $key := list "client-id" "client-secret" "cookie-secret" -}}
{{- if not (get $secret.values $key) -}}
{{- fail (printf "\nsecret.source is values, and secret.values.%s is missing: write it, or secret.source: existing for a Secret that is there." $key) -}}
{{- end -}}
{{- end -}}
{{- if not (has (len (index $secret.values "cookie-secret")) (list 16 22 24 32 43 44)) -}}
{{- fail (printf "\nsecret.values.cookie-secret has %d characters: write 16, 24 or 32 random bytes, in base64 if you like: openssl rand -base64 32 | tr -- '+/' '-_'" (len (index $secret.values "cookie-secret"))) -}}
{{- end -}}
{{- else if $given -}}
{{- fail (printf "\nsecret.values.%s is given, but secret.source is %s: write secret.source: values, or leave secret.values out." (first $given) $secret.source) -}}
{{- end -}}
{{- if eq $secret.source "externalSecret" -}}
{{- if not $secret.externalSecret.store.name -}}
{{- fail "\nsecret.externalSecret.store.name is missing: write the name of the SecretStore or ClusterSecretStore." -}}
{{- end -}}
{{- if not $secret.externalSecret.key -}}
{{- fail "\nsecret.externalSecret.key is missing: write the name of the entry in the store, such as apps/oauth2-proxy" -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "oauth2-sidecar.checkedApp" -}}
{{- $v := .Values -}}
{{- $host := include "oauth2-sidecar.appHost" . -}}
{{- $own := dig "cookie_domains" (list) $v.app.config -}}
{{- if eq (include "oauth2-sidecar.appName" .) "auth" -}}
{{- fail "\napp.name is auth (or the release's name is), as the objects of the callback's host are called: write another." -}}
{{- end -}}
{{- if eq $host (include "oauth2-sidecar.authHost" .) -}}
{{- fail (printf "\napp.host is %s, the host that logins come back to: write another for one of the two (app.host, shared.auth.host)." $host) -}}
{{- end -}}
{{- if and (not $own) (not (hasSuffix (printf ".%s" $v.domain) $host)) -}}
{{- fail (printf "\napp.host is %s, which is not below %s, so the session's cookie would not reach it: write a host below the domain, or app.config.cookie_domains and app.config.redirect_url for a session of its own." $host $v.domain) -}}
{{- end -}}
{{- if and $own (not $v.app.config.redirect_url) -}}
{{- fail (printf "\napp.config.cookie_domains gives the app a session of its own, and %s could not set its cookie: write app.config.redirect_url: https://%s/oauth2/callback too." (include "oauth2-sidecar.authHost" .) $host) -}}
{{- end -}}
{{- if and $v.app.config.provider (ne $v.app.config.provider $v.config.provider) (not $v.app.config.cookie_name) -}}
{{- fail (printf "\napp.config.provider is %s and config.provider is %s: sessions of the one would count at the other. Write app.config.cookie_name too, such as _oauth2_proxy_%s, and app.config.redirect_url." $v.app.config.provider $v.config.provider $v.app.config.provider) -}}
{{- end -}}
{{- if and $v.app.config.provider (ne $v.app.config.provider $v.config.provider) (not $v.app.config.redirect_url) -}}
{{- fail (printf "\napp.config.provider is %s, but logins of config.provider %s come back to %s: write app.config.redirect_url: https://%s/oauth2/callback too." $v.app.config.provider $v.config.provider (include "oauth2-sidecar.authHost" .) $host) -}}
{{- end -}}
{{- if and $v.app.deployment (not $v.app.container.image) -}}
{{- fail "\napp.container.image is missing: write the app's image, or app.deployment: false if your own chart has the Deployment." -}}
{{- end -}}
{{- if and (not $v.app.deployment) (or $v.app.container $v.app.pod) -}}
{{- fail "\napp.deployment is false, and app.container or app.pod is given: this chart makes no pod then. Leave them out." -}}
{{- end -}}
{{- if hasKey $v.app.pod "terminationGracePeriodSeconds" -}}
{{- fail "\napp.pod.terminationGracePeriodSeconds is given, but is added up from what it has to hold: write app.stopSeconds, sidecar.preStopSeconds, config.shutdown_delay or config.shutdown_timeout." -}}
{{- end -}}
{{- if hasKey $v.app.pod "imagePullSecrets" -}}
{{- fail "\napp.pod.imagePullSecrets is given, but the pod has those of the sidecar: write all names into image.pullSecrets." -}}
{{- end -}}
{{- $listens := not $v.app.container.ports -}}
{{- range $v.app.container.ports -}}{{- if eq (toString .containerPort) (toString $v.app.port) -}}{{- $listens = true -}}{{- end -}}{{- end -}}
{{- if not $listens -}}
{{- fail (printf "\napp.port is %v, and app.container.ports has no such containerPort: write the same, or leave app.container.ports out." $v.app.port) -}}
{{- end -}}
{{- if eq (toString $v.app.port) "4180" -}}
{{- fail "\napp.port is 4180, where the sidecar itself listens: write the port of the app." -}}
{{- end -}}
{{- end -}}
