namespace CredentialBroker.Protocol.Operators;

/// <summary>Answer of <c>GET /v1/whoami</c>: the operator as the broker proved it.</summary>
/// <param name="Name">What people call the operator, where the issuer tells; else the subject.</param>
/// <param name="Issuer">Who vouches: the token's <c>iss</c>, <c>certificate:</c> and the configured name, or <c>broker</c> for the bootstrap token.</param>
/// <param name="Subject">Who the issuer says it is. Issuer and subject together, joined by <c>#</c>, are the actor of audit records, unless a person is named.</param>
/// <param name="Roles">What the operator may do, and to what.</param>
/// <param name="Person">The person whose login this is, where the broker's configuration names one; then the actor of audit records is <c>person:</c> and this name.</param>
public sealed record WhoAmI(string Name, string Issuer, string Subject, IReadOnlyList<RoleView> Roles, string? Person = null);

/// <summary>A role that an operator holds.</summary>
/// <param name="Role"><c>auditor</c>, <c>platform</c>, <c>responder</c> or <c>admin</c>.</param>
/// <param name="Selector">What it is narrowed to; absent is everything.</param>
public sealed record RoleView(string Role, string? Selector = null);
