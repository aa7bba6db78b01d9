{{- /* What stands around a pod with the proxy in it: dict "root" "name" "host" "labels" (a map that selects its pods). */ -}}

{{- define "oauth2-sidecar.around" -}}
{{- $v := .root.Values -}}
{{- $peers := $v.networkPolicy.from -}}
{{- if and (not $peers) (eq $v.gateway.kind "istio") -}}
{{- $istio := dict "key" "kubernetes.io/metadata.name" "operator" "In" "values" (list "istio-system" "istio-ingress") -}}
{{- $peers = list (dict "namespaceSelector" (dict "matchExpressions" (list $istio))) -}}
{{- end -}}
{{- $meta := printf "  name: %s\n  namespace: %s\n  labels:\n    app: %s%s" .name .root.Release.Namespace .name (include "oauth2-sidecar.labels" .root | nindent 4) -}}
apiVersion: v1
kind: Service
metadata:
{{ $meta | replace (printf "  name: %s\n" .name) (printf "  name: %s-service\n" .name) }}
spec:
  type: ClusterIP
  selector:
    {{- toYaml .labels | nindent 4 }}
  ports:
    - {name: http, port: 4180, targetPort: 4180}
    {{- if $v.serviceMonitor.enabled }}
    - {name: metrics, port: {{ $v.serviceMonitor.port }}, targetPort: {{ $v.serviceMonitor.port }}}
    {{- end }}
{{- if eq $v.gateway.kind "istio" }}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata:
{{ $meta }}
spec:
  hosts: [{{ .host }}]
  gateways: [{{ include "oauth2-sidecar.gatewayRef" .root }}]
  http:
    - route:
        - destination:
            host: {{ .name }}-service
            port: {number: 4180}
{{- else if eq $v.gateway.kind "gateway-api" }}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata:
{{ $meta }}
spec:
  parentRefs:
    - name: {{ $v.gateway.name }}
      {{- with $v.gateway.namespace }}
      namespace: {{ . }}
      {{- end }}
      sectionName: https
  hostnames: [{{ .host }}]
  rules:
    - backendRefs:
        - {name: {{ .name }}-service, port: 4180}
{{- end }}
{{- if $v.networkPolicy.enabled }}
---
# 4180{{ if $v.serviceMonitor.enabled }}, the metrics{{ end }} and nothing else: nobody reaches the app's own port past the sidecar. Probes of the kubelet are always let through.
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
{{ $meta }}
spec:
  podSelector:
    matchLabels:
      {{- toYaml .labels | nindent 6 }}
  policyTypes: [Ingress]
  ingress:
    - ports:
        - {protocol: TCP, port: 4180}
      {{- with $peers }}
      from:
        {{- toYaml . | nindent 8 }}
      {{- end }}
    {{- if $v.serviceMonitor.enabled }}
    - ports:
        - {protocol: TCP, port: {{ $v.serviceMonitor.port }}}
      {{- with $v.serviceMonitor.from }}
      from:
        {{- toYaml . | nindent 8 }}
      {{- end }}
    {{- end }}
{{- end }}
{{- if $v.authorizationPolicy.enabled }}
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata:
{{ $meta }}
spec:
  selector:
    matchLabels:
      {{- toYaml .labels | nindent 6 }}
  action: ALLOW
  rules:
    - to:
        - operation: {ports: ["4180"]}
      {{- with $v.authorizationPolicy.principals }}
      from:
        - source:
            principals: {{ toRawJson . }}
      {{- end }}
    {{- if $v.serviceMonitor.enabled }}
    - to:
        - operation: {ports: ["{{ $v.serviceMonitor.port }}"]}
    {{- end }}
{{- end }}
{{- if $v.serviceMonitor.enabled }}
---
apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata:
{{ $meta }}
    {{- with $v.serviceMonitor.labels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
spec:
  selector:
    matchLabels:
      app: {{ .name }}
      app.kubernetes.io/instance: {{ .root.Release.Name }}
      app.kubernetes.io/part-of: oauth2-sidecar
  endpoints:
    - port: metrics
      {{- with $v.serviceMonitor.interval }}
      interval: {{ . }}
      {{- end }}
{{- end }}
{{- if $v.podDisruptionBudget.enabled }}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
{{ $meta }}
spec:
  maxUnavailable: {{ $v.podDisruptionBudget.maxUnavailable }}
  selector:
    matchLabels:
      {{- toYaml .labels | nindent 6 }}
{{- end }}
{{- end -}}
