{{- /* Names and addresses that follow from the values. */ -}}

{{- define "oauth2-sidecar.appName" -}}
{{- .Values.app.name | default .Release.Name -}}
{{- end -}}

{{- define "oauth2-sidecar.appHost" -}}
{{- .Values.app.host | default (printf "%s.%s" (include "oauth2-sidecar.appName" .) .Values.domain) -}}
{{- end -}}

{{- define "oauth2-sidecar.authHost" -}}
{{- .Values.shared.auth.host | default (printf "auth.%s" .Values.domain) -}}
{{- end -}}

{{- /* A name of its own where the file is everybody's, the app's where it is the app's. */ -}}
{{- define "oauth2-sidecar.configMapName" -}}
{{- if .Values.configMap.existing -}}
{{ .Values.configMap.existing }}
{{- else if .Values.shared.enabled -}}
oauth2-proxy-sidecar-config
{{- else -}}
{{ include "oauth2-sidecar.appName" . }}-oauth2-proxy-config
{{- end -}}
{{- end -}}

{{- define "oauth2-sidecar.templatesName" -}}
{{- if or .Values.shared.enabled (and .Values.configMap.existing (not .Values.templates)) -}}
oauth2-proxy-templates
{{- else -}}
{{ include "oauth2-sidecar.appName" . }}-oauth2-proxy-templates
{{- end -}}
{{- end -}}

{{- define "oauth2-sidecar.image" -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end -}}
{{- end -}}

{{- /* Where the Gateway is, as a VirtualService refers to it. */ -}}
{{- define "oauth2-sidecar.gatewayRef" -}}
{{- if and .Values.gateway.namespace (ne .Values.gateway.namespace .Release.Namespace) -}}
{{ .Values.gateway.namespace }}/{{ .Values.gateway.name }}
{{- else -}}
{{ .Values.gateway.name }}
{{- end -}}
{{- end -}}

{{- define "oauth2-sidecar.labels" -}}
app.kubernetes.io/part-of: oauth2-sidecar
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end -}}
