"""A bundle on the Hugging Face hub."""

from __future__ import annotations

from pathlib import Path

from cdkd_kg.errors import CdkdError


def push_to_hub(folder: Path, name: str) -> str:
    """Upload a bundle into a repository of the hub, made private where there is none, and return its address.

    Args:
        folder: of the bundle.
        name: ``owner/name``.

    Raises:
        CdkdError: the hub is not reached, or refuses.
    """
    from huggingface_hub import HfApi
    from huggingface_hub.errors import HfHubHTTPError

    hub = HfApi()
    try:
        address = hub.create_repo(name, private=True, exist_ok=True)
        hub.upload_folder(repo_id=name, folder_path=folder, commit_message="Student exported by cdkd")
    except (HfHubHTTPError, OSError, ValueError) as error:
        raise CdkdError(
            "the bundle was not uploaded",
            where=name,
            why=str(error).splitlines()[0],
            remedy=f"log in with `hf auth login`, and upload {folder} again; it is whole",
        ) from error
    return str(address)
