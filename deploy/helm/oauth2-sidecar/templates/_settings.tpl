{{- /* Options: which go into the file, which become variables, and how each is written. */ -}}

{{- /* oauth2_proxy.cfg. A JSON string, number, boolean or list is also one of TOML. */ -}}
{{- define "oauth2-sidecar.file" -}}
{{- $ours := (.Files.Get "files/options.json" | fromJson).ours -}}
{{- $options := dict "http_address" "0.0.0.0:4180" "reverse_proxy" true "custom_templates_dir" "/templates" -}}
{{- $_ := set $options "cookie_domains" (list (printf ".%s" .Values.domain)) -}}
{{- $_ := set $options "whitelist_domains" (list (printf ".%s" .Values.domain)) -}}
{{- range $key, $value := mergeOverwrite $options (deepCopy .Values.config) -}}
{{- if not (has $key $ours) }}
{{ $key }} = {{ toRawJson $value }}
{{- end -}}
{{- end -}}
{{- end -}}

{{- /* One variable: dict "key" "value" "where". */ -}}
{{- define "oauth2-sidecar.variable" -}}
{{- $value := .value -}}
{{- if kindIs "slice" .value -}}
{{- range .value -}}
{{- if contains "," (toString .) -}}
{{- fail (printf "\n%s.%s: %q has a comma, and a variable takes it for two values: write it as a regular expression without one (x{1,3} as x|xx|xxx), or put the option into config, whose file has no such limit." $.where $.key .) -}}
{{- end -}}
{{- end -}}
{{- $value = join "," .value -}}
{{- end -}}
- name: OAUTH2_PROXY_{{ upper .key }}
  value: {{ toString $value | quote }}
{{- end -}}

{{- /* The container's variables: dict "root" "upstream" "own" (the app's options) "redirect" "secret". */ -}}
{{- define "oauth2-sidecar.env" -}}
{{- $root := .root -}}
{{- $ours := ($root.Files.Get "files/options.json" | fromJson).ours -}}
{{- $options := dict "redirect_url" .redirect "upstreams" .upstream -}}
{{- range $key, $value := $root.Values.config -}}
{{- if has $key $ours }}{{ $_ := set $options $key $value }}{{ end -}}
{{- end -}}
{{- if $root.Values.serviceMonitor.enabled }}{{ $_ := set $options "metrics_address" (printf ":%d" ($root.Values.serviceMonitor.port | int)) }}{{ end -}}
{{- range $key, $value := .own }}{{ $_ := set $options $key $value }}{{ end -}}
{{- range $key, $value := $options }}
{{ include "oauth2-sidecar.variable" (dict "key" $key "value" $value "where" "app.config") }}
{{- end }}
{{- range $key := list "client-id" "client-secret" "cookie-secret" }}
- name: OAUTH2_PROXY_{{ $key | upper | replace "-" "_" }}
  valueFrom:
    secretKeyRef:
      name: {{ $root.Values.secret.name }}
      key: {{ $key }}
{{- end }}
{{- with $root.Values.sidecar.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- /* Whole seconds of an option such as 5s or 2m: dict "root" "key". */ -}}
{{- define "oauth2-sidecar.seconds" -}}
{{- $written := get .root.Values.config .key | toString -}}
{{- if regexMatch "^[0-9]+s$" $written -}}
{{ trimSuffix "s" $written }}
{{- else if regexMatch "^[0-9]+m$" $written -}}
{{ mul 60 (trimSuffix "m" $written | int) }}
{{- else -}}
{{- fail (printf "\nconfig.%s is %q: write whole seconds or minutes, such as 5s or 1m; the pod's grace period is counted from it." .key $written) -}}
{{- end -}}
{{- end -}}

{{- /* Not ready, drain, and some seconds to end. */ -}}
{{- define "oauth2-sidecar.ownGrace" -}}
{{- add (include "oauth2-sidecar.seconds" (dict "root" . "key" "shutdown_delay") | int) (include "oauth2-sidecar.seconds" (dict "root" . "key" "shutdown_timeout") | int) 5 -}}
{{- end -}}

{{- /* What makes pods roll: the settings of this release, or of the cluster where another made them (not in `helm template`). */ -}}
{{- define "oauth2-sidecar.checksums" -}}
{{- if .Values.configMap.existing -}}
{{- with lookup "v1" "ConfigMap" .Release.Namespace .Values.configMap.existing }}
checksum/oauth2-proxy-config: {{ toRawJson .data | sha256sum }}
{{- end -}}
{{- else }}
checksum/oauth2-proxy-config: {{ include "oauth2-sidecar.file" . | sha256sum }}
{{- end -}}
{{- with .Values.templates }}
checksum/oauth2-proxy-templates: {{ toRawJson . | sha256sum }}
{{- end -}}
{{- if eq .Values.secret.source "values" }}
checksum/oauth2-proxy-secret: {{ toRawJson .Values.secret.values | sha256sum }}
{{- else -}}
{{- with lookup "v1" "Secret" .Release.Namespace .Values.secret.name }}
checksum/oauth2-proxy-secret: {{ toRawJson .data | sha256sum }}
{{- end -}}
{{- end -}}
{{- end -}}
