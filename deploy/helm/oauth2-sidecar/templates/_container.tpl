{{- /* The container, for this chart's Deployments and for those of other charts (README.md). */ -}}

{{- /* dict "root" "upstream" "own" "redirect" */ -}}
{{- define "oauth2-sidecar.proxy" -}}
name: oauth2-proxy
image: {{ include "oauth2-sidecar.image" .root | quote }}
imagePullPolicy: {{ .root.Values.image.pullPolicy }}
args: ["--config=/etc/oauth2-proxy/oauth2_proxy.cfg"]
ports:
  - name: http-auth
    containerPort: 4180
  {{- if .root.Values.serviceMonitor.enabled }}
  - name: metrics
    containerPort: {{ .root.Values.serviceMonitor.port }}
  {{- end }}
env:
  {{- include "oauth2-sidecar.env" . | trim | nindent 2 }}
startupProbe:
  httpGet: {path: {{ .root.Values.config.ping_path | default "/ping" }}, port: http-auth}
  periodSeconds: 1
  failureThreshold: 30
readinessProbe:
  httpGet: {path: {{ .root.Values.config.ready_path | default "/ready" }}, port: http-auth}
  periodSeconds: 5
  failureThreshold: 2
livenessProbe:
  httpGet: {path: {{ .root.Values.config.ping_path | default "/ping" }}, port: http-auth}
  periodSeconds: 10
  timeoutSeconds: 3
resources:
  {{- toYaml .root.Values.sidecar.resources | nindent 2 }}
securityContext:
  runAsNonRoot: true
  runAsUser: 65532
  runAsGroup: 65532
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities:
    drop: [ALL]
  seccompProfile:
    type: RuntimeDefault
volumeMounts:
  - {name: oauth2-proxy-config, mountPath: /etc/oauth2-proxy, readOnly: true}
  - {name: oauth2-proxy-templates, mountPath: /templates, readOnly: true}
{{- end -}}

{{- /* The app's sidecar, an entry of initContainers. */ -}}
{{- define "oauth2-sidecar.initContainer" -}}
{{- include "oauth2-sidecar.checked" . -}}
{{- $upstream := printf "http://127.0.0.1:%d" (.Values.app.port | int) -}}
{{- $redirect := printf "https://%s%s/callback" (include "oauth2-sidecar.authHost" .) (.Values.config.proxy_prefix | default "/oauth2") -}}
restartPolicy: Always     # a native sidecar: starts before the app, ends after it
{{ include "oauth2-sidecar.proxy" (dict "root" . "upstream" $upstream "own" .Values.app.config "redirect" $redirect) }}
{{- end -}}

{{- define "oauth2-sidecar.volumes" -}}
- name: oauth2-proxy-config
  configMap:
    name: {{ include "oauth2-sidecar.configMapName" . }}
- name: oauth2-proxy-templates
  configMap:
    name: {{ include "oauth2-sidecar.templatesName" . }}
    optional: true
{{- end -}}

{{- define "oauth2-sidecar.podLabels" -}}
oauth2-sidecar/app: {{ include "oauth2-sidecar.appName" . }}
{{- end -}}

{{- /* For the app's container: it ends before its sidecar, so it is the one that waits for the gateway. */ -}}
{{- define "oauth2-sidecar.lifecycle" -}}
preStop:
  sleep:
    seconds: {{ .Values.sidecar.preStopSeconds }}
{{- end -}}

{{- /* The app's wait and its last requests, then the sidecar's. */ -}}
{{- define "oauth2-sidecar.gracePeriod" -}}
{{- add (.Values.sidecar.preStopSeconds | int) (.Values.app.stopSeconds | int) (include "oauth2-sidecar.ownGrace" . | int) -}}
{{- end -}}
