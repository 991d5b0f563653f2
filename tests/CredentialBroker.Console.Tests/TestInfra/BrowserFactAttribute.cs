namespace CredentialBroker.WebConsole.Tests.TestInfra;

/// <summary>A fact that needs a real browser; told as skipped where tests/install-browser.sh could not install it.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class BrowserFactAttribute : FactAttribute
{
    public BrowserFactAttribute()
    {
        if (!File.Exists(Browsing.Program)) Skip = Browsing.Missing;
    }
}

/// <summary>The same for a row of facts.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class BrowserTheoryAttribute : TheoryAttribute
{
    public BrowserTheoryAttribute()
    {
        if (!File.Exists(Browsing.Program)) Skip = Browsing.Missing;
    }
}
