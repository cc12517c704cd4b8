"""What the workers SDK asks of its runtime, where this runtime has none of it."""

cloudflareWorkersModule = cloudflareSocketsModule = None


def patchWaitUntil(ctx):
    """The bridge hands over what this runtime can wait for."""


def doAnImport(name):
    raise ImportError(f"this runtime imports no JavaScript: {name}")


def patch_env_helper(changes):
    raise NotImplementedError
