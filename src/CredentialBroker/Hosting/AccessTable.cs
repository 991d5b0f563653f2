namespace CredentialBroker.Hosting;

/// <summary>What an operator may do. Roles are added up.</summary>
internal enum Role
{
    /// <summary>Reads leases, approvals, templates, audit.</summary>
    Auditor,
    /// <summary>Writes templates.</summary>
    Platform,
    /// <summary>Freezes, holds, revokes, ends tasks.</summary>
    Responder,
    /// <summary>Hands in targets' logs and reports exposed credentials, and reads nothing.</summary>
    Reporter,
    /// <summary>Everything.</summary>
    Admin,
}

/// <summary>Whose request a route takes.</summary>
internal enum Audience
{
    /// <summary>Anybody; the answer is public.</summary>
    Anyone,
    /// <summary>Anybody who brings a document that proves itself, such as a signed approval.</summary>
    Document,
    /// <summary>A workload, by evidence that the handler attests.</summary>
    Workload,
    /// <summary>An operator with one of the row's roles.</summary>
    Operator,
    /// <summary>Either; a workload sees its own only.</summary>
    WorkloadOrOperator,
    /// <summary>Anybody; an operator is told more.</summary>
    AnyoneOrOperator,
    /// <summary>A browser. It is shown what the API answers to the operator who is signed in there, and to nobody else.</summary>
    Browser,
}

internal sealed record AccessRow(string Method, string Route, Audience Audience, params Role[] Roles)
{
    /// <summary>The handler applies the operator's selector. Without it, operators whose roles are narrowed are refused.</summary>
    public bool Narrows { get; init; }

    /// <summary>Its answer goes on for minutes.</summary>
    public bool Stays { get; init; }
}

/// <summary>Who may call what. A route without a row is refused, and fails a test.</summary>
internal static class AccessTable
{
    private const Role A = Role.Auditor, P = Role.Platform, R = Role.Responder;

    public static IReadOnlyList<AccessRow> Rows { get; } =
    [
        new("GET", "/v1/whoami", Audience.Operator, A, P, R) { Narrows = true },
        new("POST", "/v1/approvals/{source}", Audience.Document),
        new("GET", "/v1/approvals", Audience.Operator, A, P, R) { Narrows = true },
        new("GET", "/v1/approvals/{id}", Audience.Operator, A, P, R) { Narrows = true },
        new("POST", "/v1/leases", Audience.Workload),
        new("GET", "/v1/leases", Audience.Operator, A, P, R) { Narrows = true },
        new("GET", "/v1/leases/{id}", Audience.WorkloadOrOperator, A, P, R) { Narrows = true },
        new("POST", "/v1/leases/{id}/renew", Audience.Workload),
        new("DELETE", "/v1/leases/{id}", Audience.WorkloadOrOperator, R) { Narrows = true },
        new("GET", "/v1/workload/events", Audience.Workload) { Stays = true },
        new("POST", "/v1/tasks/{id}/end", Audience.WorkloadOrOperator, R) { Narrows = true },
        new("GET", "/v1/templates", Audience.Operator, A, P, R) { Narrows = true },
        new("PUT", "/v1/templates", Audience.Operator, P) { Narrows = true },
        new("POST", "/v1/templates/validate", Audience.Operator, A, P, R) { Narrows = true },
        new("POST", "/v1/explain", Audience.Operator, A, P, R) { Narrows = true },
        new("GET", "/v1/reviews/would-change", Audience.Operator, A, P, R) { Narrows = true },
        new("POST", "/v1/targets/aws/{target}/cutoff", Audience.Operator, R),
        new("GET", "/v1/freezes", Audience.Operator, A, P, R) { Narrows = true },
        new("POST", "/v1/freezes", Audience.Operator, R) { Narrows = true },
        new("DELETE", "/v1/freezes/{id}", Audience.Operator, R) { Narrows = true },
        new("GET", "/v1/holds", Audience.Operator, A, P, R) { Narrows = true },
        new("POST", "/v1/holds", Audience.Operator, R) { Narrows = true },
        new("DELETE", "/v1/holds/{id}", Audience.Operator, R) { Narrows = true },
        new("POST", "/v1/templates/{name}/plan", Audience.Operator, P),
        new("POST", "/v1/revocations", Audience.Operator, R) { Narrows = true },
        new("GET", "/v1/revocations", Audience.Operator, A, R) { Narrows = true },
        new("GET", "/v1/revocations/{id}", Audience.Operator, A, R) { Narrows = true },
        new("GET", "/v1/revocations/{id}/events", Audience.Operator, A, R) { Narrows = true },
        new("POST", "/v1/revocations/{id}/confirm", Audience.Operator, R) { Narrows = true },
        new("DELETE", "/v1/revocations/{id}", Audience.Operator, R) { Narrows = true },
        new("GET", "/v1/revocations/{id}/report", Audience.Operator, A, R) { Narrows = true },
        new("GET", "/v1/selectors", Audience.Operator, A, P, R) { Narrows = true },
        new("GET", "/v1/selectors/{name}", Audience.Operator, A, P, R) { Narrows = true },
        new("PUT", "/v1/selectors/{name}", Audience.Operator, P, R) { Narrows = true },
        new("DELETE", "/v1/selectors/{name}", Audience.Operator, P, R) { Narrows = true },
        new("POST", "/v1/uses/{log}", Audience.Operator, Role.Reporter),
        new("GET", "/v1/leases/{id}/uses", Audience.Operator, A, R) { Narrows = true },
        new("POST", "/v1/alarms/{source}", Audience.Document),
        new("GET", "/v1/alarms", Audience.Operator, A, R),
        new("POST", "/v1/exposures", Audience.Operator, R, Role.Reporter) { Narrows = true },
        new("GET", "/v1/exposures", Audience.Operator, A, R) { Narrows = true },
        new("GET", "/v1/exposures/{id}", Audience.Operator, A, R) { Narrows = true },
        new("POST", "/v1/hosts/{source}/records", Audience.Document),
        new("GET", "/v1/hosts", Audience.Operator, A, P, R),
        new("GET", "/v1/hosts/{host}/exposure", Audience.Operator, A, R),
        new("POST", "/v1/signals/{name}/poll", Audience.Operator, A, R),
        new("POST", "/admission/{cluster}/mutate", Audience.Document),
        new("POST", "/admission/{cluster}/validate", Audience.Document),
        new("POST", "/admission/{cluster}/audit", Audience.Document),
        new("GET", "/v1/clusters", Audience.Operator, A, P, R),
        new("GET", "/v1/clusters/{name}/check", Audience.Operator, A, P, R),
        new("GET", "/v1/overview", Audience.Operator, A, P, R) { Narrows = true },
        new("GET", "/v1/findings", Audience.Operator, A, P, R),
        new("GET", "/v1/reviews/blast-radius", Audience.Operator, A, P, R) { Narrows = true },
        new("POST", "/v1/reviews/identity", Audience.Operator, P, R),
        new("GET", "/v1/reviews/identity", Audience.Operator, A, P, R),
        new("GET", "/v1/reviews/identity/{id}", Audience.Operator, A, P, R),
        new("POST", "/v1/reviews/identity/{id}/decision", Audience.Operator, P, R),
        new("GET", "/v1/templates/candidates", Audience.Operator, A, P, R),
        new("POST", "/v1/templates/{name}/revisions/{revision}/activate", Audience.Operator, P) { Narrows = true },
        new("GET", "/v1/exceptions", Audience.Operator, A, P, R),
        new("POST", "/v1/exceptions", Audience.Operator, P, R),
        new("GET", "/v1/exceptions/{id}", Audience.Operator, A, P, R),
        new("POST", "/v1/exceptions/{id}/approve", Audience.Operator, P, R),
        new("DELETE", "/v1/exceptions/{id}", Audience.Operator, P, R),
        new("GET", "/v1/risk-acceptances", Audience.Operator, A, P, R),
        new("POST", "/v1/risk-acceptances", Audience.Operator, P, R),
        new("GET", "/v1/risk-acceptances/{id}", Audience.Operator, A, P, R),
        new("POST", "/v1/risk-acceptances/{id}/approve", Audience.Operator, P, R),
        new("DELETE", "/v1/risk-acceptances/{id}", Audience.Operator, P, R),
        new("GET", "/v1/breakglass", Audience.Operator, A, P, R),
        new("POST", "/v1/breakglass", Audience.Operator, R),
        new("GET", "/v1/breakglass/{id}", Audience.Operator, A, P, R),
        new("POST", "/v1/breakglass/{id}/review", Audience.Operator, A, R),
        new("DELETE", "/v1/breakglass/{id}", Audience.Operator, R),
        new("GET", "/v1/audit", Audience.Operator, A),
        new("GET", "/v1/audit/checkpoints", Audience.Operator, A, R),
        new("GET", "/v1/audit/key", Audience.Anyone),
        new("GET", "/v1/audit/export", Audience.Operator, A),
        new("GET", "/v1/audit/evidence", Audience.Operator, A),
        new("GET", "/v1/leases/{id}/evidence", Audience.Operator, A, R),
        new("GET", "/v1/keys", Audience.Operator, A, P, R),
        new("POST", "/v1/keys/rotate", Audience.Operator, Role.Admin),
        new("POST", "/oauth2/introspect", Audience.WorkloadOrOperator, A, P, R),
        new("POST", "/oauth2/token", Audience.Document),
        new("POST", "/oauth2/revoke", Audience.WorkloadOrOperator, R),
        new("GET", "/.well-known/oauth-authorization-server", Audience.Anyone),
        new("GET", "/.well-known/oauth-authorization-server/issuer/workload", Audience.Anyone),
        new("GET", "/ca/certificate", Audience.Anyone),
        new("GET", "/ca/crl", Audience.Anyone),
        new("GET", "/ca/crl/{authority}", Audience.Anyone),
        new("GET", "/ca/crls", Audience.Anyone),
        new("GET", "/issuer/workload/status/{shard}", Audience.Anyone),
        new("GET", "/issuer/workload/.well-known/openid-configuration", Audience.Anyone),
        new("GET", "/issuer/workload/.well-known/jwks.json", Audience.Anyone),
        new("GET", "/issuer/federation/.well-known/openid-configuration", Audience.Anyone),
        new("GET", "/issuer/federation/.well-known/jwks.json", Audience.Anyone),
        new("GET", "/issuer/status-list/.well-known/jwks.json", Audience.Anyone),
        new("GET", "/issuer/signals/.well-known/jwks.json", Audience.Anyone),
        new("GET", "/.well-known/ssf-configuration/issuer/signals", Audience.Anyone),
        new("GET", "/issuer/checkpoint/.well-known/jwks.json", Audience.Anyone),
        new("GET", "/issuer/ca/.well-known/jwks.json", Audience.Anyone),
        new("GET", "/healthz/live", Audience.Anyone),
        new("GET", "/healthz/ready", Audience.AnyoneOrOperator, A, P, R),
        new("GET", "/metrics", Audience.Anyone),
        new("GET", "/openapi/v1.json", Audience.Anyone),
        new("GET", "/console", Audience.Browser),
        new("GET", "/console/assets/{version}/{file}", Audience.Browser),
        new("GET", "/console/sign-in", Audience.Browser),
        new("GET", "/console/sign-in/{name}", Audience.Browser),
        new("GET", "/console/signed-in/{name}", Audience.Browser),
        new("GET", "/console/leases", Audience.Browser),
        new("GET", "/console/leases/{id}", Audience.Browser),
        new("GET", "/console/approvals", Audience.Browser),
        new("GET", "/console/approvals/{id}", Audience.Browser),
        new("GET", "/console/templates", Audience.Browser),
        new("GET", "/console/templates/{name}", Audience.Browser),
        new("GET", "/console/incidents", Audience.Browser),
        new("GET", "/console/incidents/new", Audience.Browser),
        new("GET", "/console/incidents/{id}", Audience.Browser),
        new("GET", "/console/controls", Audience.Browser),
        new("GET", "/console/reviews", Audience.Browser),
        new("GET", "/console/reviews/identity", Audience.Browser),
        new("GET", "/console/reviews/identity/{id}", Audience.Browser),
        new("POST", "/console/reviews/identity/{id}/decision", Audience.Browser),
        new("GET", "/console/reviews/blast-radius", Audience.Browser),
        new("GET", "/console/reviews/blast-radius.md", Audience.Browser),
        new("GET", "/console/audit", Audience.Browser),
        new("POST", "/console/sign-in", Audience.Browser),
        new("POST", "/console/sign-out", Audience.Browser),
        new("POST", "/console/leases/{id}/revoke", Audience.Browser),
        new("POST", "/console/templates/{name}/explain", Audience.Browser),
        new("POST", "/console/templates/{name}/activate", Audience.Browser),
        new("POST", "/console/incidents", Audience.Browser),
        new("GET", "/console/incidents/{id}/report", Audience.Browser),
        new("GET", "/console/incidents/{id}/report.md", Audience.Browser),
        new("POST", "/console/selectors", Audience.Browser),
        new("POST", "/console/selectors/{name}/drop", Audience.Browser),
        new("POST", "/console/incidents/{id}/confirm", Audience.Browser),
        new("POST", "/console/incidents/{id}/cancel", Audience.Browser),
        new("POST", "/console/controls/{kind}", Audience.Browser),
        new("POST", "/console/controls/{kind}/{id}/lift", Audience.Browser),
        new("POST", "/console/reviews/{kind}/{id}/approve", Audience.Browser),
        new("POST", "/console/reviews/{kind}/{id}/end", Audience.Browser),
        new("POST", "/console/reviews/breakglass/{id}/review", Audience.Browser),
        new("POST", "/console/audit/verify", Audience.Browser),
    ];

    public static AccessRow? Find(string method, string route) => Rows.FirstOrDefault(r => r.Method == method && r.Route == route);
}
