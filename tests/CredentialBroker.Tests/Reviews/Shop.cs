using CredentialBroker.Protocol.Reviews;
using CredentialBroker.Reviews.Identity;

namespace CredentialBroker.Tests.Reviews;

/// <summary>Documents of one workload that is as it should be, and the same with one thing changed.</summary>
internal static class Shop
{
    public const string Workload = "k8s://prod-eu/shop/checkout";

    public const string Account = """
        apiVersion: v1
        kind: ServiceAccount
        metadata: { name: checkout, namespace: shop }
        automountServiceAccountToken: false
        """;

    public const string Role = """
        apiVersion: rbac.authorization.k8s.io/v1
        kind: Role
        metadata: { name: reader, namespace: shop }
        rules:
        - { apiGroups: [""], resources: [configmaps], verbs: [get, list] }
        """;

    public const string Binding = """
        apiVersion: rbac.authorization.k8s.io/v1
        kind: RoleBinding
        metadata: { name: reads, namespace: shop }
        roleRef: { apiGroup: rbac.authorization.k8s.io, kind: Role, name: reader }
        subjects: [{ kind: ServiceAccount, name: checkout, namespace: shop }]
        """;

    public const string Policy = """
        apiVersion: networking.k8s.io/v1
        kind: NetworkPolicy
        metadata: { name: egress, namespace: shop }
        spec:
          podSelector: {}
          policyTypes: [Egress]
          egress:
          - to: [{ ipBlock: { cidr: 0.0.0.0/0, except: [169.254.0.0/16] } }]
        """;

    public static string Deployment(string image = "registry.test/checkout@sha256:aaaa", string env = "", string volumes = "", string spec = "", string containers = "", string name = "checkout") =>
        $$"""
        apiVersion: apps/v1
        kind: Deployment
        metadata: { name: {{name}}, namespace: shop }
        spec:
          template:
            metadata: { labels: { app: checkout } }
            spec:
              serviceAccountName: checkout
              {{spec}}
              containers:
              - name: app
                image: {{image}}
                env: [{{env}}]
                volumeMounts: [{ name: creds, mountPath: /run/credbroker }]
              {{containers}}
              volumes:
              - name: creds
                emptyDir: { medium: Memory }
              - name: evidence
                projected: { sources: [{ serviceAccountToken: { audience: credbroker/test, expirationSeconds: 600, path: token } }] }
              {{volumes}}
        """;

    public static string Whole(string? account = Account, string? role = Role, string? binding = Binding, string? policy = Policy, string? deployment = null, params string[] more) =>
        string.Join("\n---\n", new[] { account, role, binding, policy, deployment ?? Deployment() }.OfType<string>().Concat(more));

    public static IdentityReview Review(string documents, IReadOnlyList<MatchingTemplate>? templates = null)
    {
        Assert.True(ManifestReader.Read(documents, out var fault) is not null, fault);
        return Reviewer.Review(ManifestReader.Read(documents, out _)!, new Around("prod-eu", new HashSet<string> { "credbroker/test" }, templates ?? [new("orders-read", uri => uri == Workload, "5m a credential")],
            new DateTimeOffset(2026, 7, 1, 12, 0, 0, TimeSpan.Zero), 3)) is [var only] ? only : throw new InvalidOperationException("several identities");
    }

    public static CheckView Check(this IdentityReview review, string name) => review.Checks.Single(check => check.Name == name);
}
