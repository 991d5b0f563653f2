using CredentialBroker.Protocol.Reviews;
using CredentialBroker.Reviews.Identity;

namespace CredentialBroker.Tests.Reviews;

/// <summary>The four checks of an effective identity, each by one thing that is changed in documents that pass.</summary>
public sealed class ReviewerTests
{
    [Fact]
    public void R54_R55_R56_R57_A_workload_as_it_should_be_passes_and_what_there_is_is_told_exactly()
    {
        var review = Shop.Review(Shop.Whole());
        Assert.Equal(CheckView.Pass, review.Result);
        Assert.Equal(Shop.Workload, review.Workload);
        Assert.Equal(["Deployment shop/checkout"], review.Runs);
        Assert.Equal(["service account k8s://prod-eu/shop/checkout", "the node's cloud identity is shut off by a network policy", "token for credbroker/test, 600 s"], review.Check("identity").Items);
        Assert.Empty(review.Check("injected").Items);
        Assert.Equal(["get,list configmaps in shop, by Role shop/reader"], review.Check("inherited").Items);
        Assert.Equal(["evidence for this broker, which grants nothing by itself", "leases of template orders-read: 5m a credential"], review.Check("bounded").Items);
        Assert.All(review.Checks, check => Assert.Empty(check.Reasons));
        Assert.Empty(review.Findings);
    }

    [Theory]
    [InlineData("eks.amazonaws.com/role-arn", "arn:aws:iam::123456789012:role/shop", "AWS role arn:aws:iam::123456789012:role/shop")]
    [InlineData("azure.workload.identity/client-id", "1b7e", "Azure client 1b7e")]
    [InlineData("iam.gke.io/gcp-service-account", "shop@p.iam.gserviceaccount.com", "Google service account shop@p.iam.gserviceaccount.com")]
    public void R54_R57_A_role_of_a_cloud_is_part_of_the_identity_and_no_lease(string annotation, string value, string item)
    {
        var review = Shop.Review(Shop.Whole(account: $$"""{ apiVersion: v1, kind: ServiceAccount, metadata: { name: checkout, namespace: shop, annotations: { "{{annotation}}": "{{value}}" } }, automountServiceAccountToken: false }"""));
        Assert.Contains(item, review.Check("identity").Items);
        Assert.Contains($"not known: what {item} permits is not in the documents", review.Check("inherited").Reasons);
        Assert.Equal([$"{item} is no lease: nothing ends it when the task is over"], review.Check("bounded").Reasons);
    }

    public static TheoryData<string, string, string, string> Changed => new()
    {
        { "identity", "hostNetwork: true", "fail", "is on the node's network" },
        { "injected", "imagePullSecrets: [{ name: pull }]", "pass", "" },
        { "inherited", "hostPID: true", "fail", "shares the node's hostPID" },
        { "bounded", "automountServiceAccountToken: true", "fail", "token for the API server, automounted is no lease" },
        { "bounded", "shareProcessNamespace: true", "pass", "" },
    };

    [Theory, MemberData(nameof(Changed))]
    public void R54_R56_R69_What_the_pod_says_of_itself_is_judged(string check, string spec, string result, string reason)
    {
        var judged = Shop.Review(Shop.Whole(deployment: Shop.Deployment(spec: spec))).Check(check);
        Assert.Equal(result, judged.Result);
        if (reason.Length > 0) Assert.Contains(judged.Reasons, one => one.Contains(reason, StringComparison.Ordinal));
    }

    [Fact]
    public void R69_Whether_the_nodes_identity_is_reached_is_known_only_where_a_policy_shuts_it_off()
    {
        Assert.Equal(CheckView.Unknown, Shop.Review(Shop.Whole(policy: null)).Check("identity").Result);
        foreach (var (from, to) in new[]
        {
            ("except: [169.254.0.0/16]", "except: [10.0.0.0/8]"), ("cidr: 0.0.0.0/0, except: [169.254.0.0/16]", "cidr: nonsense"), ("policyTypes: [Egress]", "policyTypes: [Ingress]"),
            ("podSelector: {}", "podSelector: { matchLabels: { app: other } }"), ("podSelector: {}", "podSelector: { matchExpressions: [{ key: app, operator: Like, values: [checkout] }] }"),
            ("- to: [{ ipBlock: { cidr: 0.0.0.0/0, except: [169.254.0.0/16] } }]", "- ports: [{ port: 80 }]"),
        }) Assert.Equal(CheckView.Unknown, Shop.Review(Shop.Whole(policy: Shop.Policy.Replace(from, to, StringComparison.Ordinal))).Check("identity").Result);
        foreach (var selector in new[] { "{ matchLabels: { app: checkout } }", "{ matchExpressions: [{ key: app, operator: In, values: [checkout] }, { key: other, operator: DoesNotExist }] }" })
        {
            Assert.Equal(CheckView.Pass, Shop.Review(Shop.Whole(policy: Shop.Policy.Replace("podSelector: {}", $"podSelector: {selector}", StringComparison.Ordinal))).Check("identity").Result);
        }

        // Policies add up: what another allows is allowed.
        var open = Shop.Policy.Replace("name: egress", "name: open", StringComparison.Ordinal).Replace(", except: [169.254.0.0/16]", "", StringComparison.Ordinal);
        Assert.Equal(CheckView.Unknown, Shop.Review(Shop.Whole(more: open)).Check("identity").Result);
    }

    public static TheoryData<string, string> Secrets => new()
    {
        { "{ name: DB_PASSWORD, valueFrom: { secretKeyRef: { name: db, key: password } } }", "secret shop/db in DB_PASSWORD of container app: no end" },
        { "{ name: DB_PASSWORD, value: hunter2 }", "literal in DB_PASSWORD of container app: no end" },
        { "{ name: DATABASE, value: \"postgres://app:hunter2@db/orders\" }", "literal in DATABASE of container app: no end" },
    };

    [Theory, MemberData(nameof(Secrets))]
    public void R55_R57_A_secret_without_an_end_fails_and_is_not_told(string env, string item)
    {
        var review = Shop.Review(Shop.Whole(deployment: Shop.Deployment(env: env)));
        Assert.Equal((CheckView.Fail, CheckView.Fail), (review.Check("injected").Result, review.Check("bounded").Result));
        Assert.Equal([item], review.Check("injected").Items);
        Assert.DoesNotContain("hunter2", string.Join('\n', review.Facts.Concat(review.Findings.Select(one => one.Detail)).Concat(review.Checks.SelectMany(check => check.Items.Concat(check.Reasons)))), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{ name: TOKEN_FILE, value: /run/token }"), InlineData("{ name: SECRET_NAME, value: db }"), InlineData("{ name: AWS_REGION, value: eu-west-1 }"), InlineData("{ name: PASSWORD, value: \"\" }")]
    public void R55_What_only_names_a_secret_is_none(string env) => Assert.Equal(CheckView.Pass, Shop.Review(Shop.Whole(deployment: Shop.Deployment(env: env))).Check("injected").Result);

    [Theory]
    [InlineData("- { name: s, secret: { secretName: db } }", "secret shop/db in volume s: no end", CheckView.Fail)]
    [InlineData("- { name: s, projected: { sources: [{ secret: { name: db } }] } }", "secret shop/db in volume s: no end", CheckView.Fail)]
    [InlineData("- { name: s, csi: { driver: secrets-store.csi.k8s.io, volumeAttributes: { secretProviderClass: vault-db } } }", "secrets of vault-db in volume s, by secrets-store.csi.k8s.io", CheckView.Unknown)]
    [InlineData("- { name: s, csi: { driver: csi.spiffe.io } }", "SVID, renewed by the workload API", CheckView.Pass)]
    [InlineData("- { name: s, csi: { driver: csi.cert-manager.io, volumeAttributes: { csi.cert-manager.io/duration: 1h } } }", "certificate in volume s, valid 1h", CheckView.Pass)]
    public void R55_What_volumes_bring_is_told_with_its_end(string volume, string item, string result)
    {
        var check = Shop.Review(Shop.Whole(deployment: Shop.Deployment(volumes: volume))).Check("injected");
        Assert.Equal((result, item), (check.Result, Assert.Single(check.Items)));
    }

    [Theory]
    [InlineData("2026-08-01T00:00:00Z", CheckView.Pass, ": until 2026-08-01T00:00:00Z"), InlineData("2026-06-01T00:00:00Z", CheckView.Fail, ": until 2026-06-01T00:00:00Z"), InlineData("soon", CheckView.Fail, "")]
    public void R55_A_secret_that_says_until_when_it_is_valid_is_judged_by_that(string until, string result, string told)
    {
        var secret = $$"""{ apiVersion: v1, kind: Secret, metadata: { name: db, namespace: shop, annotations: { credentialbroker.io/valid-until: "{{until}}" } }, type: Opaque }""";
        var check = Shop.Review(Shop.Whole(deployment: Shop.Deployment(volumes: "- { name: s, secret: { secretName: db } }"), more: secret)).Check("injected");
        Assert.Equal((result, $"secret shop/db in volume s{told}"), (check.Result, Assert.Single(check.Items)));
    }

    [Fact]
    public void R55_A_legacy_token_of_the_account_and_a_token_longer_than_a_day_fail()
    {
        var legacy = """{ apiVersion: v1, kind: Secret, metadata: { name: checkout-token, namespace: shop, annotations: { kubernetes.io/service-account.name: checkout } }, type: kubernetes.io/service-account-token }""";
        Assert.Equal(CheckView.Fail, Shop.Review(Shop.Whole(more: legacy)).Check("injected").Result);
        Assert.Equal(CheckView.Fail, Shop.Review(Shop.Whole(deployment: Shop.Deployment().Replace("expirationSeconds: 600", "expirationSeconds: 90000", StringComparison.Ordinal))).Check("injected").Result);
    }

    [Theory]
    [InlineData("verbs: [get, list]", "verbs: [\"*\"]", "may do everything with configmaps")]
    [InlineData("resources: [configmaps]", "resources: [\"*\"]", "may get,list every resource")]
    [InlineData("resources: [configmaps]", "resources: [secrets]", "reads secrets")]
    [InlineData("verbs: [get, list]", "verbs: [impersonate]", "may impersonate configmaps")]
    [InlineData("resources: [configmaps], verbs: [get, list]", "resources: [pods/exec], verbs: [create]", "runs commands in pods")]
    [InlineData("resources: [configmaps], verbs: [get, list]", "resources: [serviceaccounts/token], verbs: [create]", "makes tokens of service accounts")]
    public void R56_R69_Wildcards_and_rules_that_lead_to_more_fail(string from, string to, string reason)
    {
        var check = Shop.Review(Shop.Whole(role: Shop.Role.Replace(from, to, StringComparison.Ordinal))).Check("inherited");
        Assert.Equal(CheckView.Fail, check.Result);
        Assert.Equal([$"Role shop/reader {reason} in shop, by RoleBinding shop/reads"], check.Reasons);
    }

    [Theory]
    [InlineData("kind: ServiceAccount, name: checkout, namespace: shop"), InlineData("kind: User, name: \"system:serviceaccount:shop:checkout\""), InlineData("kind: Group, name: \"system:serviceaccounts:shop\""),
     InlineData("kind: Group, name: \"system:serviceaccounts\""), InlineData("kind: Group, name: \"system:authenticated\"")]
    public void R56_However_it_is_bound_cluster_admin_fails(string subject)
    {
        var binding = $$"""{ apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRoleBinding, metadata: { name: all }, roleRef: { kind: ClusterRole, name: cluster-admin }, subjects: [{ {{subject}} }] }""";
        var check = Shop.Review(Shop.Whole(binding: binding)).Check("inherited");
        Assert.Equal((CheckView.Fail, "ClusterRoleBinding all makes it cluster-admin everywhere"), (check.Result, check.Reasons.Single()));
    }

    [Fact]
    public void R56_What_is_not_in_the_documents_is_unknown_and_what_is_bound_to_others_is_theirs()
    {
        Assert.Equal(CheckView.Unknown, Shop.Review(Shop.Whole(role: null)).Check("inherited").Result);
        Assert.Equal(CheckView.Unknown, Shop.Review(Shop.Whole(role: null, binding: null)).Check("inherited").Result);
        Assert.Equal(CheckView.Pass, Shop.Review(Shop.Whole(role: null, binding: "{ apiVersion: rbac.authorization.k8s.io/v1, kind: RoleBindingList, items: [] }")).Check("inherited").Result);
        Assert.Equal(CheckView.Unknown, Shop.Review(Shop.Whole(account: null)).Check("identity").Result);
        Assert.Empty(Shop.Review(Shop.Whole(binding: Shop.Binding.Replace("name: checkout", "name: other", StringComparison.Ordinal))).Check("inherited").Items);
        var everybodys = """{ apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRoleBinding, metadata: { name: d }, roleRef: { kind: ClusterRole, name: "system:discovery" }, subjects: [{ kind: Group, name: "system:authenticated" }] }""";
        Assert.Equal(CheckView.Pass, Shop.Review(Shop.Whole(more: everybodys)).Check("inherited").Result);
    }

    [Theory]
    [InlineData("privileged: true", "privileged"), InlineData("capabilities: { add: [SYS_ADMIN] }", "SYS_ADMIN")]
    public void R56_What_a_container_may_at_its_node_is_inherited(string security, string reason)
    {
        var check = Shop.Review(Shop.Whole(deployment: Shop.Deployment(containers: $"- {{ name: tool, image: t, securityContext: {{ {security} }} }}"))).Check("inherited");
        Assert.Contains(check.Reasons, one => one.Contains(reason, StringComparison.Ordinal));
    }

    [Fact]
    public void R31_An_account_that_is_bound_in_many_namespaces_is_a_finding()
    {
        string Bound(int namespaces) => Shop.Whole(more: [.. Enumerable.Range(1, namespaces - 1).SelectMany(n => new[] { Shop.Role, Shop.Binding }.Select(one => one.Replace("name: reader, namespace: shop", $"name: reader, namespace: ns-{n}", StringComparison.Ordinal).Replace("name: reads, namespace: shop", $"name: reads, namespace: ns-{n}", StringComparison.Ordinal)))]);
        Assert.Empty(Shop.Review(Bound(3)).Findings);
        var found = Assert.Single(Shop.Review(Bound(4)).Findings);
        Assert.Equal(("wide_service_account", "it is bound in 4 namespaces: ns-1, ns-2, ns-3, shop"), found);
    }

    [Fact]
    public void R68_What_breaks_the_wall_around_the_served_container_is_a_finding()
    {
        const string sidecar = "- { name: credbroker-sidecar, image: broker, volumeMounts: [{ name: creds, mountPath: /run/credbroker }, { name: evidence, mountPath: /e }] }";
        Assert.Empty(Shop.Review(Shop.Whole(deployment: Shop.Deployment(containers: sidecar))).Findings);
        var shared = Shop.Review(Shop.Whole(deployment: Shop.Deployment(spec: "shareProcessNamespace: true", containers: sidecar)));
        Assert.Equal("sidecar", Assert.Single(shared.Findings).Kind);
        Assert.Equal(CheckView.Fail, shared.Check("bounded").Result);
        var third = Shop.Review(Shop.Whole(deployment: Shop.Deployment(containers: sidecar + "\n      - { name: logs, image: l, volumeMounts: [{ name: creds, mountPath: /x }] }")));
        Assert.Equal(("sidecar", "volume creds of Deployment shop/checkout, in which credentials are delivered, is in more than one container: app, logs"), Assert.Single(third.Findings));
        var alone = Shop.Review(Shop.Whole(deployment: Shop.Deployment().Replace("- name: app", "- name: credbroker-sidecar", StringComparison.Ordinal)));
        Assert.Equal(("sidecar", "Deployment shop/checkout is nothing but the broker's sidecar, and template orders-read grants to it"), Assert.Single(alone.Findings));
    }

    [Fact]
    public void R58_The_fingerprint_is_of_the_identity_and_not_of_the_image()
    {
        var print = Shop.Review(Shop.Whole()).Fingerprint;
        string Secret(string until) => Shop.Whole(deployment: Shop.Deployment(volumes: "- { name: s, secret: { secretName: db } }"), more: $$"""{ apiVersion: v1, kind: Secret, metadata: { name: db, namespace: shop, annotations: { credentialbroker.io/valid-until: "{{until}}" } } }""");
        Assert.Equal(print, Shop.Review(Shop.Whole(deployment: Shop.Deployment(image: "registry.test/checkout@sha256:bbbb"))).Fingerprint);
        Assert.Equal(Shop.Review(Secret("2026-08-01T00:00:00Z")).Fingerprint, Shop.Review(Secret("2026-09-01T00:00:00Z")).Fingerprint);
        string[] others =
        [
            Shop.Whole(account: Shop.Account.Replace("false", "true", StringComparison.Ordinal)), Shop.Whole(role: Shop.Role.Replace("[get, list]", "[get]", StringComparison.Ordinal)), Shop.Whole(policy: null),
            Shop.Whole(deployment: Shop.Deployment().Replace("credbroker/test", "other", StringComparison.Ordinal)), Shop.Whole(deployment: Shop.Deployment(spec: "hostIPC: true")), Secret("2026-08-01T00:00:00Z"),
            Shop.Whole(account: Shop.Account.Replace("namespace: shop", "namespace: shop, annotations: { eks.amazonaws.com/role-arn: \"arn:aws:iam::1:role/x\" }", StringComparison.Ordinal)),
            Shop.Whole(more: "{ apiVersion: v1, kind: Namespace, metadata: { name: shop, labels: { pod-security.kubernetes.io/enforce: restricted } } }"),
        ];
        var prints = others.Select(documents => Shop.Review(documents).Fingerprint).Append(print).ToList();
        Assert.Equal(prints.Count, prints.Distinct().Count());
    }

    [Fact]
    public void A_pod_that_runs_is_the_identity_of_its_template()
    {
        // As the API server tells it, with what admission added.
        var template = Shop.Review(Shop.Whole(account: Shop.Account.Replace("false", "true", StringComparison.Ordinal)));
        var pod = """
            {"apiVersion":"v1","kind":"PodList","items":[{"metadata":{"name":"checkout-7d9f","namespace":"shop","uid":"1","labels":{"app":"checkout"}},"spec":{"serviceAccountName":"checkout","nodeName":"n1","containers":[{"name":"app","image":"x",
            "volumeMounts":[{"name":"creds","mountPath":"/run/credbroker"},{"name":"kube-api-access-x2x","mountPath":"/var/run/secrets/kubernetes.io/serviceaccount"}]}],
            "volumes":[{"name":"creds","emptyDir":{"medium":"Memory"}},{"name":"evidence","projected":{"sources":[{"serviceAccountToken":{"audience":"credbroker/test","expirationSeconds":600,"path":"token"}}]}},
            {"name":"kube-api-access-x2x","projected":{"sources":[{"serviceAccountToken":{"expirationSeconds":3607,"path":"token"}},{"configMap":{"name":"kube-root-ca.crt"}}]}}]}}],"metadata":{"resourceVersion":"7"}}
            """;
        var live = Shop.Review(Shop.Whole(deployment: pod));
        Assert.Equal(template.Facts, live.Facts);
    }

    [Theory]
    [InlineData("a: &x 1\nb: *x", "anchors"), InlineData("a: !!binary aGk=", "tags"), InlineData("a: [", "not readable"), InlineData("kind: Pod", "no apiVersion"), InlineData("{ apiVersion: v1, kind: Pod }", "no name"), InlineData("", "no object"),
     InlineData("{ apiVersion: v1, kind: Secret, metadata: { name: db }, data: { password: aHVudGVyMg== } }", "leave data"), InlineData("{ apiVersion: v1, kind: Pod, metadata: { name: a } }\n---\n{ apiVersion: v1, kind: Pod, metadata: { name: a } }", "twice"),
     InlineData("a: 1\na: 2", "not readable")]
    public void Documents_that_can_surprise_are_refused(string text, string fault)
    {
        Assert.Null(ManifestReader.Read(text, out var told));
        Assert.Contains(fault, told, StringComparison.Ordinal);
        Assert.DoesNotContain("aHVudGVyMg", told, StringComparison.Ordinal);
    }

    [Fact]
    public void Documents_are_bounded_in_depth_and_size()
    {
        Assert.Null(ManifestReader.Read(new string('[', 100), out _));
        Assert.Null(ManifestReader.Read(new string(' ', ManifestReader.MaxBytes + 1), out var fault));
        Assert.Contains("at most", fault, StringComparison.Ordinal);
    }
}
