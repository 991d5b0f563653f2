using CredentialBroker.Protocol.Selectors;

namespace CredentialBroker.Hosting;

/// <summary>A role of a proven operator, and what it is narrowed to; null is everything.</summary>
internal sealed record HeldRole(Role Role, Selector? Selector);

/// <summary>A proven operator.</summary>
/// <param name="Issuer">Who vouches; has no <c>#</c>.</param>
/// <param name="Subject">Who the issuer says it is.</param>
/// <param name="Label">What people call the operator; proves nothing.</param>
internal sealed record Operator(string Issuer, string Subject, string Label, IReadOnlyList<HeldRole> Roles)
{
    /// <summary>Issuer and subject.</summary>
    public string Login => $"{Issuer}#{Subject}";

    /// <summary>The person whose login this is, where the configuration names one.</summary>
    public string? Person { get; init; }

    /// <summary>Whatever else says who this is, such as e-mail addresses; for telling that two logins are one person.</summary>
    public IReadOnlyList<string> Marks { get; init; } = [];

    /// <summary>The actor of every record: the person, or the login where none is named.</summary>
    public string Name => Person is null ? Login : ActorOf(Person);

    /// <summary>No issuer has this form: they are https addresses, <c>certificate:</c> and a name, or <c>broker</c>.</summary>
    public static string ActorOf(string person) => $"person:{person}";

    /// <summary>Whether this operator may do everything to everything.</summary>
    public bool IsFullAdmin => Roles.Any(held => held is { Role: Role.Admin, Selector: null });

    /// <summary>What the roles that opened this route reach.</summary>
    public OperatorScope Scope { get; private init; } = OperatorScope.Nothing;

    /// <summary>This operator at a route that any of these roles opens; null when none is held.</summary>
    public Operator? At(IReadOnlyList<Role> any)
    {
        var opening = Roles.Where(held => held.Role == Role.Admin || any.Contains(held.Role)).ToList();
        return opening.Count == 0 ? null : this with { Scope = OperatorScope.Of(opening) };
    }
}

internal static class OperatorFeature
{
    /// <summary>The operator whom the door proved; rows for operators have one.</summary>
    public static Operator Operator(this HttpContext http) => http.Features.Get<Operator>() ?? throw new InvalidOperationException("the door proved no operator");
}
