namespace CredentialBroker.Protocol.Selectors;

/// <summary>How a term of a selector compares.</summary>
public enum Comparison
{
    /// <summary><c>key=value</c>: equal.</summary>
    Is,
    /// <summary><c>key!=value</c>: different or absent.</summary>
    IsNot,
    /// <summary><c>key in (a,b)</c>: equal to one of them.</summary>
    In,
    /// <summary><c>key=prefix*</c>: begins with.</summary>
    StartsWith,
    /// <summary><c>key!=prefix*</c>: does not begin with, or absent.</summary>
    StartsNotWith,
    /// <summary><c>key&lt;value</c>: before, for times.</summary>
    Before,
    /// <summary><c>key&gt;value</c>: after, for times.</summary>
    After,
}
